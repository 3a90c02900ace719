-- Grain: one row per employee and change, so that a department is known as of any day.
with

users as (
    {{ latest_version(source('salesforce', 'user'), ['id', 'system_modstamp']) }}
)

select
    id as user_id,
    'salesforce:' || id as employee_code,
    nullif(trim(name), '') as full_name,
    nullif(trim(email), '') as email,
    lower(nullif(trim(department), '')) as department,
    nullif(trim(title), '') as title,
    nullif(trim(manager_id), '') as manager_id,
    nullif(trim(time_zone_sid_key), '') as time_zone,
    upper(nullif(trim(country_code), '')) as market_code,
    coalesce(is_active, true) as is_active,
    created_date as created_at,
    system_modstamp as updated_at,
    row_number() over (partition by id order by system_modstamp desc) = 1 as is_current,
    _load_id as load_id
from users

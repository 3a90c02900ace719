-- Grain: one row per employee, queue or automation and change, so that a department is known as
-- of any day.
with

users as (
    {{
        latest_version(
            source('crm', 'user'),
            ['_source', 'user_id', 'coalesce(updated_at, created_at, _received_at)']
        )
    }}
)

select
    user_id,
    {{ crm_employee_code('user_id') }} as employee_code,
    nullif(trim(name), '') as full_name,
    nullif(trim(email), '') as email,
    lower(nullif(trim(department), '')) as department,
    nullif(trim(title), '') as title,
    {{ crm_employee_code('manager_id') }} as manager_code,
    nullif(trim(time_zone), '') as time_zone,
    upper(nullif(trim(country), '')) as market_code,
    coalesce(is_queue, false) as is_queue,
    coalesce(is_automation, false) as is_automation,
    coalesce(is_active, true) as is_active,
    created_at,
    coalesce(updated_at, created_at, _received_at) as updated_at,
    row_number() over (
        partition by _source, user_id order by updated_at desc nulls last, _load_id desc, _row desc
    ) = 1 as is_current,
    _source as source_name,
    _load_id as load_id
from users

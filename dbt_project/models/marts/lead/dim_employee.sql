-- Grain: one row per employee, queue or program, as last known, plus those whom only facts mention
-- (inferred) and the unknown member. Facts carry the department of their day; here stands
-- today's.
with

users as (
    select * from {{ ref('int_lead__employees_unioned') }} where is_current
),

mentioned as (
    select * from {{ ref('int_lead__employees_mentioned') }}
),

automations as (
    select * from {{ ref('int_lead__automations_named') }}
),

members as (
    select
        employee_code,
        full_name,
        email,
        department,
        title,
        manager_code,
        time_zone,
        market_code,
        is_active,
        is_queue,
        false as is_inferred
    from users
    union all
    select
        employee_code,
        null as full_name,
        null as email,
        null as department,
        null as title,
        null as manager_code,
        null as time_zone,
        null as market_code,
        true as is_active,
        employee_code like 'salesforce:00G%' as is_queue,
        true as is_inferred
    from mentioned
    where employee_code not in (select employee_code from users)
)

select
    {{ surrogate_key(['employee_code']) }} as employee_key,
    employee_code,
    {{ dbt.split_part('employee_code', "':'", 1) }} as system,
    case
        when is_queue then 'queue'
        when employee_code in (select automations.employee_code from automations) then 'program'
        else 'person'
    end as employee_type,
    full_name,
    email,
    coalesce(department, 'unknown') as department,
    coalesce(title, 'unknown') as title,
    {{ key_or_unknown('manager_code') }} as manager_employee_key,
    coalesce(time_zone, 'unknown') as time_zone,
    coalesce(market_code, 'unknown') as market_code,
    is_active,
    is_inferred
from members
union all
select
    {{ unknown_key() }} as employee_key,
    'unknown' as employee_code,
    'unknown' as system,
    'unknown' as employee_type,
    null as full_name,
    null as email,
    'unknown' as department,
    'unknown' as title,
    {{ unknown_key() }} as manager_employee_key,
    'unknown' as time_zone,
    'unknown' as market_code,
    false as is_active,
    false as is_inferred

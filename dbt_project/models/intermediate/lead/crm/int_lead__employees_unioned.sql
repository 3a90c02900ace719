-- Grain: one row per employee, queue or automation of any CRM and change.
with

users as (
    select * from {{ ref('stg_salesforce__user_versions') }}
),

crm_users as (
    select * from {{ ref('stg_crm__user_versions') }}
)

select
    employee_code,
    'salesforce' as system,
    'salesforce' as source_name,
    full_name,
    email,
    department,
    title,
    'salesforce:' || manager_id as manager_code,
    time_zone,
    market_code,
    employee_code like 'salesforce:00G%' as is_queue,
    false as is_automation,
    is_active,
    created_at,
    updated_at,
    is_current,
    load_id
from users
union all
select
    employee_code,
    'crm' as system,
    source_name,
    full_name,
    email,
    department,
    title,
    manager_code,
    time_zone,
    market_code,
    is_queue,
    is_automation,
    is_active,
    created_at,
    updated_at,
    is_current,
    load_id
from crm_users

-- Grain: one row per employee code that any record of a CRM mentions, known as a user or not.
with

mentioned as (
    select owner_code as employee_code from {{ ref('int_lead__owners_assigned') }}
    union
    select employee_code from {{ ref('int_lead__leads_unioned') }}
    union
    select employee_code from {{ ref('int_lead__deals_unioned') }}
    union
    select changed_by_code as employee_code from {{ ref('int_lead__stages_entered') }}
    union
    select employee_code from {{ ref('stg_salesforce__tasks') }}
    union
    select employee_code from {{ ref('stg_salesforce__events') }}
    union
    select employee_code from {{ ref('stg_crm__activities') }}
    union
    select employee_code from {{ ref('int_lead__messages_unioned') }}
    union
    select developer_code as employee_code from {{ ref('stg_crm__deals') }}
    union
    select manager_code as employee_code from {{ ref('int_lead__employees_unioned') }}
    where is_current
)

select employee_code
from mentioned
where employee_code is not null

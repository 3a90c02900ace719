-- Grain: one row per call, e-mail, message or meeting that took place, in any CRM, with the person
-- that it was with. What is only planned, deleted or was missed by the person is left out. Notes
-- and tasks reach nobody.
with

tasks as (
    select * from {{ ref('stg_salesforce__tasks') }}
    where not is_deleted
        and task_subtype in ('call', 'email')
        and (completed_at is not null or coalesce(lower(status), 'completed') = 'completed')
),

meetings as (
    select * from {{ ref('stg_salesforce__events') }} where not is_deleted and not is_no_show
),

crm_activities as (
    select * from {{ ref('int_lead__crm_activities_linked') }}
    where not is_deleted
        and is_done
        and activity_type in ('call', 'email', 'message', 'meeting')
        and (activity_type <> 'meeting' or is_connected)
)

select
    'task:' || task_id as action_id,
    record_id,
    'salesforce.case:' || case_id as ticket_code,
    employee_code,
    task_subtype as activity_type,
    coalesce(call_type, '') = 'inbound' as is_inbound,
    task_subtype = 'call' and coalesce(call_disposition, '') like 'connect%' as is_connected,
    is_automatic,
    occurred_at,
    load_id
from tasks
union all
select
    'meeting:' || event_id as action_id,
    record_id,
    null as ticket_code,
    employee_code,
    'meeting' as activity_type,
    false as is_inbound,
    true as is_connected,
    false as is_automatic,
    started_at as occurred_at,
    load_id
from meetings
union all
select
    activity_code as action_id,
    record_id,
    ticket_code,
    employee_code,
    activity_type,
    is_inbound,
    is_connected,
    is_automatic,
    occurred_at,
    load_id
from crm_activities

-- Grain: one row per action between an employee and the person of a lead or ticket. What the
-- employee does to reach the person is an attempt; what reaches (a call that connects, a meeting
-- held, a published answer, an e-mail on a ticket) is a contact. A call without answer and an
-- e-mail to a lead are attempts only; a call that comes in is a contact only. Machines don't act,
-- and what is only planned is not done. When Salesforce converts a lead, its tasks move to the
-- contact: they count for the contact's latest lead that was captured before.
with

tasks as (
    select * from {{ ref('stg_salesforce__tasks') }}
    where not is_deleted
        and not is_automatic
        and task_subtype in ('call', 'email')
        and (completed_at is not null or coalesce(lower(status), 'completed') = 'completed')
),

meetings as (
    select * from {{ ref('stg_salesforce__events') }} where not is_deleted and not is_no_show
),

comments as (
    select * from {{ ref('stg_salesforce__case_comments') }}
    where is_published and not is_automatic and created_by_id is not null
),

leads as (
    select * from {{ ref('int_lead__leads_unioned') }} where not is_inferred
),

as_of as (
    select * from {{ ref('int_lead__as_of') }}
),

activities as (
    select
        'task:' || task_id as action_id,
        record_id,
        case_id,
        employee_code,
        occurred_at,
        task_subtype = 'email' and coalesce(call_type, '') <> 'inbound' as is_mail_out,
        coalesce(call_type, '') <> 'inbound' as is_attempt,
        case
            when task_subtype = 'call' then coalesce(call_disposition, '') like 'connect%'
            else coalesce(call_type, '') = 'inbound'
        end as is_contact
    from tasks
    union all
    select
        'meeting:' || meetings.event_id as action_id,
        meetings.record_id,
        null as case_id,
        meetings.employee_code,
        meetings.started_at as occurred_at,
        false as is_mail_out,
        true as is_attempt,
        true as is_contact
    from meetings
    inner join as_of on meetings.started_at <= as_of.as_of_at
),

on_leads as (
    select
        activities.*,
        leads.lead_code
    from activities
    inner join leads on activities.record_id = leads.lead_code
    union all
    select
        activities.*,
        leads.lead_code
    from activities
    inner join leads
        on activities.record_id = 'salesforce.contact:' || leads.converted_contact_id
        and activities.occurred_at >= leads.captured_at
    qualify
        row_number() over (
            partition by activities.action_id
            order by leads.is_deleted, leads.captured_at desc, leads.lead_code
        ) = 1
)

select
    'lead' as subject_type,
    lead_code as subject_code,
    action_id,
    employee_code,
    occurred_at,
    is_attempt,
    is_contact
from on_leads
union all
select
    'ticket' as subject_type,
    'salesforce.case:' || case_id as subject_code,
    action_id,
    employee_code,
    occurred_at,
    is_attempt,
    is_contact or is_mail_out as is_contact
from activities
where case_id is not null
union all
select
    'ticket' as subject_type,
    'salesforce.case:' || case_id as subject_code,
    'comment:' || comment_id as action_id,
    employee_code,
    commented_at as occurred_at,
    true as is_attempt,
    true as is_contact
from comments

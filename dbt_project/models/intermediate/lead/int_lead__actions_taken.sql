-- Grain: one row per action between an employee and the person of a lead or ticket. What the
-- employee does to reach the person is an attempt; what reaches (a call that connects, a meeting
-- held, a published answer, an e-mail on a ticket) is a contact. A call without answer and an
-- e-mail to a lead are attempts only; a call or a reply that comes in from a lead is a contact only,
-- and on a ticket a mail of the customer is none. Machines and users that are programs don't act,
-- and what is only planned is not done. When a lead is converted, its activities move to the
-- contact, and with it to the one that it is merged into: they count for the contact's latest lead
-- that was captured before.
with

taken as (
    select * from {{ ref('int_lead__activities_unioned') }} where not is_automatic
),

messages as (
    select * from {{ ref('int_lead__messages_unioned') }}
    where is_published
        and not is_automatic
        and employee_code is not null
        and employee_code not in (select employee_code from {{ ref('int_lead__automations_named') }})
),

automations as (
    select * from {{ ref('int_lead__automations_named') }}
),

leads as (
    select * from {{ ref('int_lead__leads_unioned') }} where not is_inferred
),

merges as (
    select * from {{ ref('int_lead__merges_followed') }}
),

contacts_of_leads as (
    select
        leads.lead_code,
        leads.is_deleted,
        leads.captured_at,
        coalesce(merges.surviving_record_id, leads.converted_contact_record_id)
            as contact_record_id
    from leads
    left join merges on leads.converted_contact_record_id = merges.record_id
    where leads.converted_contact_record_id is not null
),

as_of as (
    select * from {{ ref('int_lead__as_of') }}
),

activities as (
    select
        taken.action_id,
        taken.record_id,
        taken.ticket_code,
        taken.employee_code,
        taken.occurred_at,
        taken.activity_type in ('email', 'message') as is_mail,
        taken.is_inbound,
        not taken.is_inbound as is_attempt,
        case
            when taken.activity_type in ('email', 'message')
                then taken.is_inbound or taken.is_connected
            else taken.is_connected
        end as is_contact
    from taken
    cross join as_of
    left join automations on taken.employee_code = automations.employee_code
    where (taken.activity_type <> 'meeting' or taken.occurred_at <= as_of.as_of_at)
        and (automations.employee_code is null or taken.is_inbound)
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
    left join merges on activities.record_id = merges.record_id
    inner join contacts_of_leads as leads
        on coalesce(merges.surviving_record_id, activities.record_id) = leads.contact_record_id
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
    ticket_code as subject_code,
    action_id,
    employee_code,
    occurred_at,
    is_attempt,
    case when is_mail then not is_inbound else is_contact end as is_contact
from activities
where ticket_code is not null
union all
select
    'ticket' as subject_type,
    ticket_code as subject_code,
    'comment:' || message_id as action_id,
    employee_code,
    sent_at as occurred_at,
    true as is_attempt,
    true as is_contact
from messages

-- Grain: one row per activity of a CRM other than Salesforce, with the person and the ticket that
-- it was about: those that the activity names, else those that the CRM's links name.
with

activities as (
    select * from {{ ref('stg_crm__activities') }}
),

links as (
    select * from {{ ref('int_lead__links_chosen') }}
)

select
    activities.activity_code,
    activities.activity_type,
    coalesce(
        activities.lead_record_id, activities.contact_record_id,
        leads.linked_code, contacts.linked_code
    ) as record_id,
    coalesce(activities.deal_code, deals.linked_code) as deal_code,
    coalesce(activities.ticket_code, tickets.linked_code) as ticket_code,
    activities.employee_code,
    activities.is_inbound,
    activities.outcome,
    activities.is_connected,
    activities.is_automatic,
    activities.is_done,
    activities.subject,
    activities.occurred_at,
    activities.is_deleted,
    activities.updated_at,
    activities.source_name,
    activities.load_id
from activities
left join links as leads
    on activities.activity_code = leads.record_code and leads.linked_kind = 'lead'
left join links as contacts
    on activities.activity_code = contacts.record_code and contacts.linked_kind = 'contact'
left join links as deals
    on activities.activity_code = deals.record_code and deals.linked_kind = 'deal'
left join links as tickets
    on activities.activity_code = tickets.record_code and tickets.linked_kind = 'ticket'

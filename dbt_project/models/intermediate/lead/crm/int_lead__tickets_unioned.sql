-- Grain: one row per service ticket of any CRM, deleted and merged ones included, with the person
-- who asks: the contact or lead that the ticket or the CRM's links name, else the ticket itself,
-- known by the e-mail, phone or profile that it came from. closed_at is what the CRM says; where
-- it says nothing, the history of the ticket's status tells.
with

cases as (
    select * from {{ ref('stg_salesforce__cases') }}
),

tickets as (
    select * from {{ ref('stg_crm__tickets') }}
),

links as (
    select * from {{ ref('int_lead__links_chosen') }}
),

merges as (
    select * from {{ ref('stg_crm__merges') }} where record_kind = 'ticket'
),

linked as (
    select
        tickets.*,
        coalesce(
            tickets.contact_record_id, tickets.lead_record_id,
            contacts.linked_code, leads.linked_code
        ) as person_record_id,
        coalesce(markets.linked_code, tickets.market_code) as linked_market_code,
        tickets.is_deleted
        or coalesce(tickets.merged_into_ticket_code, merges.merged_into_code) is not null
            as is_gone
    from tickets
    left join links as contacts
        on tickets.ticket_code = contacts.record_code and contacts.linked_kind = 'contact'
    left join links as leads
        on tickets.ticket_code = leads.record_code and leads.linked_kind = 'lead'
    left join links as markets
        on tickets.ticket_code = markets.record_code and markets.linked_kind = 'market'
    left join merges on tickets.ticket_code = merges.record_code
)

select
    'salesforce.case:' || case_id as ticket_code,
    'salesforce' as system,
    'salesforce' as source_name,
    'salesforce.case' as channel_system,
    case_id,
    case_number,
    contact_id is not null as is_person_known,
    record_id,
    supplied_email,
    supplied_phone,
    social_profile_id,
    origin,
    case_type,
    topic,
    sentiment,
    status,
    priority,
    owner_id,
    employee_code,
    order_number,
    gtin,
    market_code,
    closed_at,
    is_deleted,
    created_at,
    updated_at,
    load_id
from cases
union all
select
    ticket_code,
    'crm' as system,
    source_name,
    'crm.ticket' as channel_system,
    ticket_id as case_id,
    ticket_number as case_number,
    person_record_id is not null as is_person_known,
    coalesce(person_record_id, ticket_code) as record_id,
    email as supplied_email,
    phone as supplied_phone,
    social_profile_id,
    channel as origin,
    ticket_type as case_type,
    topic,
    sentiment,
    status,
    priority,
    owner_id,
    employee_code,
    order_number,
    gtin,
    linked_market_code as market_code,
    closed_at,
    is_gone as is_deleted,
    created_at,
    updated_at,
    load_id
from linked

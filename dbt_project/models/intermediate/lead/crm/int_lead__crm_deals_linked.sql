-- Grain: one row per deal of a CRM other than Salesforce, with the lead that it came of: the one
-- that the deal names, else the one that the CRM's links name, else the one whose contact it is
-- (the last one captured before the deal was opened). Of merged leads and deals the survivor
-- counts.
with

deals as (
    select * from {{ ref('stg_crm__deals') }}
),

leads as (
    select * from {{ ref('stg_crm__leads') }}
),

links as (
    select * from {{ ref('int_lead__links_chosen') }}
),

merges as (
    select * from {{ ref('stg_crm__merges') }}
),

named as (
    select
        deals.*,
        coalesce(deals.lead_record_id, linked_leads.linked_code) as named_lead_code,
        coalesce(deals.contact_record_id, linked_contacts.linked_code) as contact_code,
        coalesce(deals.account_record_id, linked_accounts.linked_code) as account_code,
        coalesce(deals.merged_into_deal_code, merges.merged_into_code) as merged_code
    from deals
    left join links as linked_leads
        on deals.deal_code = linked_leads.record_code and linked_leads.linked_kind = 'lead'
    left join links as linked_contacts
        on deals.deal_code = linked_contacts.record_code
        and linked_contacts.linked_kind = 'contact'
    left join links as linked_accounts
        on deals.deal_code = linked_accounts.record_code
        and linked_accounts.linked_kind = 'account'
    left join merges
        on deals.deal_code = merges.record_code and merges.record_kind = 'deal'
),

leads_of_contacts as (
    select
        named.deal_code,
        leads.record_id as lead_code
    from named
    inner join leads on named.contact_code = leads.contact_record_id
    where named.named_lead_code is null
    qualify
        row_number() over (
            partition by named.deal_code
            order by
                leads.is_deleted,
                leads.created_at > coalesce(named.opened_at, named.closed_at, leads.created_at),
                leads.created_at desc,
                leads.record_id
        ) = 1
)

select
    named.deal_id,
    named.deal_code,
    named.lead_id,
    coalesce(named.named_lead_code, leads_of_contacts.lead_code) as lead_code,
    named.contact_code as contact_record_id,
    named.account_code as account_record_id,
    named.campaign_code,
    named.lead_source,
    named.deal_name,
    named.stage_name,
    named.opened_at,
    named.updated_at,
    named.closed_at,
    named.expected_close_date,
    named.is_won,
    named.probability_pct,
    named.amount_original,
    named.cost_original,
    named.currency_code,
    named.developer_code,
    named.employee_code,
    named.segment,
    named.lead_type,
    named.is_deleted or named.merged_code is not null as is_deleted,
    named.source_name,
    named.load_id
from named
left join leads_of_contacts on named.deal_code = leads_of_contacts.deal_code

-- Grain: one row per lead of a CRM other than Salesforce, as last known, with the contact and
-- account that it belongs to and the lead that it was merged into: those that the lead names, else
-- those that the CRM's links and merges name. What was merged away is deleted.
with

leads as (
    select * from {{ ref('stg_crm__leads') }}
),

links as (
    select * from {{ ref('int_lead__links_chosen') }}
),

merges as (
    select * from {{ ref('stg_crm__merges') }} where record_kind = 'lead'
),

markets as (
    select * from links where linked_kind = 'market'
)

select
    leads.record_id,
    leads.lead_id,
    leads.created_at,
    leads.submitted_at,
    greatest(leads.updated_at, coalesce(merges.merged_at, leads.updated_at)) as updated_at,
    leads.status,
    leads.score,
    leads.rejection_reason,
    leads.lead_source,
    leads.campaign_code,
    leads.employee_code,
    leads.is_person_named,
    leads.company_name,
    leads.industry,
    coalesce(markets.linked_code, leads.market_code) as market_code,
    leads.web_client_id,
    leads.converted_at,
    coalesce(leads.contact_record_id, contacts.linked_code) as contact_record_id,
    coalesce(leads.account_record_id, accounts.linked_code) as account_record_id,
    coalesce(leads.merged_into_record_id, merges.merged_into_code) as merged_into_record_id,
    leads.is_deleted or merges.record_code is not null as is_deleted,
    leads.source_name,
    leads.load_id
from leads
left join links as contacts
    on leads.record_id = contacts.record_code and contacts.linked_kind = 'contact'
left join links as accounts
    on leads.record_id = accounts.record_code and accounts.linked_kind = 'account'
left join merges on leads.record_id = merges.record_code
left join markets on leads.record_id = markets.record_code

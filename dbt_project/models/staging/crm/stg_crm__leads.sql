-- Grain: one row per lead of a CRM that exports flat tables; the newest file holds.
with

leads as (
    {{ latest_version(source('crm', 'lead'), ['lead_id'], ['_received_at']) }}
)

select
    lead_id,
    'crm.lead:' || lead_id as record_id,
    created_at,
    nullif(trim(status), '') as status,
    lower(nullif(trim(source), '')) as lead_source,
    nullif(trim(campaign_id), '') as campaign_id,
    _source || ':' || nullif(trim(campaign_id), '') as campaign_code,
    nullif(trim(owner_id), '') as owner_id,
    'crm:' || nullif(trim(owner_id), '') as employee_code,
    nullif(trim(email), '') as email,
    nullif(trim(phone), '') as phone,
    nullif(trim(given_name), '') as given_name,
    nullif(trim(family_name), '') as family_name,
    nullif(trim(company), '') as company_name,
    upper(nullif(trim(country), '')) as market_code,
    _source as source_name,
    _business_date as captured_date,
    _load_id as load_id
from leads

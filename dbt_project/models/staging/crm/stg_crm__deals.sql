-- Grain: one row per deal, as last known; deleted and merged ones are kept and flagged. A deal may
-- name no lead, or one that is missing.
with

deals as (
    {{ latest_version(source('crm', 'deal'), ['_source', 'deal_id'], ['updated_at']) }}
)

select
    deal_id,
    {{ crm_code('deal', 'deal_id') }} as deal_code,
    nullif(trim(lead_id), '') as lead_id,
    {{ crm_code('lead', 'lead_id') }} as lead_record_id,
    nullif(trim(account_id), '') as account_id,
    {{ crm_code('account', 'account_id') }} as account_record_id,
    {{ crm_code('contact', 'contact_id') }} as contact_record_id,
    _source || ':' || nullif(trim(campaign_id), '') as campaign_code,
    lower(nullif(trim(source), '')) as lead_source,
    nullif(trim(name), '') as deal_name,
    nullif(trim(stage), '') as stage_name,
    opened_at,
    updated_at,
    closed_at,
    expected_close_date,
    is_won,
    probability_pct,
    amount as amount_original,
    cost as cost_original,
    upper(nullif(trim(currency), '')) as currency_code,
    {{ crm_employee_code('developer_id') }} as developer_code,
    {{ crm_employee_code('owner_id') }} as employee_code,
    lower(nullif(trim(segment), '')) as segment,
    lower(nullif(trim(lead_type), '')) as lead_type,
    {{ crm_code('deal', 'merged_into_deal_id') }} as merged_into_deal_code,
    coalesce(is_deleted, false) as is_deleted,
    _source as source_name,
    _business_date as deal_date,
    _load_id as load_id
from deals

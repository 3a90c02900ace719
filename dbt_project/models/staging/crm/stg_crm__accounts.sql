-- Grain: one row per customer account, as last known; deleted and merged ones are kept and
-- flagged.
with

accounts as (
    {{ latest_version(source('crm', 'account'), ['_source', 'account_id'], ['updated_at']) }}
)

select
    account_id,
    {{ crm_code('account', 'account_id') }} as record_id,
    nullif(trim(name), '') as company_name,
    nullif(trim(type), '') as account_type,
    nullif(trim(industry), '') as industry,
    nullif(trim(website), '') as website,
    nullif(trim(phone), '') as phone,
    nullif(trim(postal_code), '') as postal_code,
    lower(nullif(trim(city), '')) as city,
    upper(nullif(trim(region), '')) as region,
    upper(nullif(trim(country), '')) as market_code,
    {{ crm_code('account', 'parent_account_id') }} as parent_record_id,
    {{ crm_code('account', 'merged_into_account_id') }} as merged_into_record_id,
    coalesce(is_deleted, false) as is_deleted,
    created_at,
    updated_at,
    _source as source_name,
    _load_id as load_id
from accounts

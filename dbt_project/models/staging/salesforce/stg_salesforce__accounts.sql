-- Grain: one row per account, as last known; deleted and merged ones are kept and flagged.
with

accounts as (
    {{ latest_version(source('salesforce', 'account'), ['id'], ['system_modstamp']) }}
)

select
    id as account_id,
    'salesforce.account:' || id as record_id,
    nullif(trim(name), '') as company_name,
    nullif(trim(type), '') as account_type,
    nullif(trim(industry), '') as industry,
    nullif(trim(website), '') as website,
    nullif(trim(phone), '') as phone,
    nullif(trim(billing_city), '') as city,
    nullif(trim(billing_postal_code), '') as postal_code,
    upper(nullif(trim(billing_country_code), '')) as market_code,
    nullif(trim(owner_id), '') as owner_id,
    nullif(trim(parent_id), '') as parent_account_id,
    'salesforce.account:' || nullif(trim(master_record_id), '') as merged_into_record_id,
    coalesce(is_deleted, false) as is_deleted,
    coalesce(created_date, system_modstamp) as created_at,
    system_modstamp as updated_at,
    _load_id as load_id
from accounts

-- Grain: one row per customer account; the newest file holds.
with

accounts as (
    {{ latest_version(source('crm', 'account'), ['account_id'], ['_received_at']) }}
)

select
    account_id,
    'crm.account:' || account_id as record_id,
    nullif(trim(name), '') as company_name,
    nullif(trim(postal_code), '') as postal_code,
    lower(nullif(trim(city), '')) as city,
    upper(nullif(trim(region), '')) as region,
    upper(nullif(trim(country), '')) as market_code,
    _source as source_name,
    _load_id as load_id
from accounts

-- Grain: one row per deal; the newest file holds. A deal may name no lead, or one that is
-- missing.
with

deals as (
    {{ latest_version(source('crm', 'deal'), ['deal_id'], ['_received_at']) }}
)

select
    deal_id,
    nullif(trim(lead_id), '') as lead_id,
    nullif(trim(account_id), '') as account_id,
    'crm.account:' || nullif(trim(account_id), '') as account_record_id,
    opened_at,
    closed_at,
    is_won,
    amount as amount_original,
    upper(nullif(trim(currency), '')) as currency_code,
    'crm:' || nullif(trim(developer_id), '') as developer_code,
    'crm:' || nullif(trim(owner_id), '') as employee_code,
    lower(nullif(trim(segment), '')) as segment,
    lower(nullif(trim(lead_type), '')) as lead_type,
    _source as source_name,
    _business_date as deal_date,
    _load_id as load_id
from deals

-- Grain: one row per deal and change. A change that is sent twice stands once; deals that come
-- without a time of change have one version, that of the newest file. A deal may name no lead,
-- or one that is missing.
with

deals as (
    {{
        latest_version(
            source('crm', 'deal'),
            ['_source', 'deal_id', 'coalesce(updated_at, opened_at, closed_at)']
        )
    }}
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
    coalesce(updated_at, opened_at, closed_at, cast('1900-01-01' as timestamp)) as updated_at,
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
    row_number() over (
        partition by _source, deal_id order by updated_at desc nulls last, _load_id desc, _row desc
    ) = 1 as is_current,
    _source as source_name,
    _business_date as deal_date,
    _load_id as load_id
from deals

-- Grain: one row per lead and change. A change that is sent twice stands once; leads that come
-- without a time of change have one version, that of the newest file.
with

leads as (
    {{
        latest_version(
            source('crm', 'lead'), ['_source', 'lead_id', 'coalesce(updated_at, created_at)']
        )
    }}
),

-- Countries may be sent by name.
market_aliases as (
    select * from {{ source('company', 'market_alias') }}
)

select
    lead_id,
    {{ crm_code('lead', 'lead_id') }} as record_id,
    created_at,
    submitted_at,
    coalesce(updated_at, created_at) as updated_at,
    nullif(trim(status), '') as status,
    score,
    nullif(trim(rejection_reason), '') as rejection_reason,
    lower(nullif(trim(source), '')) as lead_source,
    nullif(trim(campaign_id), '') as campaign_id,
    _source || ':' || nullif(trim(campaign_id), '') as campaign_code,
    nullif(trim(owner_id), '') as owner_id,
    {{ crm_employee_code('owner_id') }} as employee_code,
    nullif(trim(email), '') as email,
    nullif(trim(phone), '') as phone,
    nullif(trim(mobile_phone), '') as mobile_phone,
    nullif(trim(given_name), '') as given_name,
    nullif(trim(family_name), '') as family_name,
    coalesce(
        nullif(trim(email), ''), nullif(trim(phone), ''), nullif(trim(mobile_phone), ''),
        nullif(trim(given_name), ''), nullif(trim(family_name), '')
    ) is not null as is_person_named,
    nullif(trim(company), '') as company_name,
    nullif(trim(industry), '') as industry,
    nullif(trim(city), '') as city,
    coalesce(market_aliases.market_code, upper(nullif(trim(country), ''))) as market_code,
    nullif(trim(web_client_id), '') as web_client_id,
    has_opted_out_of_email,
    converted_at,
    nullif(trim(contact_id), '') as contact_id,
    {{ crm_code('contact', 'contact_id') }} as contact_record_id,
    nullif(trim(account_id), '') as account_id,
    {{ crm_code('account', 'account_id') }} as account_record_id,
    {{ crm_code('lead', 'merged_into_lead_id') }} as merged_into_record_id,
    coalesce(is_deleted, false) as is_deleted,
    row_number() over (
        partition by _source, lead_id order by updated_at desc nulls last, _load_id desc, _row desc
    ) = 1 as is_current,
    _source as source_name,
    _business_date as captured_date,
    _load_id as load_id
from leads
left join market_aliases on lower(trim(leads.country)) = market_aliases.alias

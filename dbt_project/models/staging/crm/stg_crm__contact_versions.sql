-- Grain: one row per contact and change. A change that is sent twice stands once; contacts that
-- come without a time of change have one version, that of the newest file.
with

contacts as (
    {{
        latest_version(
            source('crm', 'contact'),
            ['_source', 'contact_id', 'coalesce(updated_at, created_at, _received_at)']
        )
    }}
)

select
    contact_id,
    {{ crm_code('contact', 'contact_id') }} as record_id,
    nullif(trim(account_id), '') as account_id,
    {{ crm_code('account', 'account_id') }} as account_record_id,
    nullif(trim(email), '') as email,
    nullif(trim(phone), '') as phone,
    nullif(trim(mobile_phone), '') as mobile_phone,
    nullif(trim(given_name), '') as given_name,
    nullif(trim(family_name), '') as family_name,
    birth_date,
    nullif(trim(street), '') as street,
    nullif(trim(postal_code), '') as postal_code,
    nullif(trim(city), '') as city,
    upper(nullif(trim(country), '')) as market_code,
    nullif(trim(loyalty_card_id), '') as loyalty_card_id,
    has_opted_out_of_email,
    {{ crm_employee_code('owner_id') }} as employee_code,
    {{ crm_code('contact', 'merged_into_contact_id') }} as merged_into_record_id,
    coalesce(is_deleted, false) as is_deleted,
    coalesce(created_at, updated_at, _received_at) as created_at,
    coalesce(updated_at, created_at, _received_at) as updated_at,
    row_number() over (
        partition by _source, contact_id
        order by updated_at desc nulls last, _load_id desc, _row desc
    ) = 1 as is_current,
    _source as source_name,
    _load_id as load_id
from contacts

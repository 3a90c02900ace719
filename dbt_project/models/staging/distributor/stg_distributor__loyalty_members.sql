-- Grain: one row per distributor and loyalty card or household; the newest list holds.
with

loyalty_members as (
    {{ latest_version(
        source('distributor', 'loyalty_member'), ['_source', code_text('card_id')], ['_received_at']
    ) }}
)

select
    'distributor.loyalty_member:' || _source || '/' || {{ code_text('card_id') }} as record_id,
    _source as distributor_code,
    {{ code_text('card_id') }} as card_id,
    lower(nullif(trim(email), '')) as email,
    nullif(trim(phone), '') as phone,
    nullif(trim(given_name), '') as given_name,
    nullif(trim(family_name), '') as family_name,
    nullif(trim(postal_code), '') as postal_code,
    upper(nullif(trim(country), '')) as country_code,
    nullif(trim(age_group), '') as age_group,
    nullif(trim(income_group), '') as income_group,
    nullif(trim(household_size), '') as household_size,
    nullif(trim(household_type), '') as household_type,
    joined_on as joined_date,
    is_marketing_allowed,
    _received_at as received_at,
    _load_id as load_id
from loyalty_members

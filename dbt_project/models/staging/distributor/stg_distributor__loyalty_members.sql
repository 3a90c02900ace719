-- Grain: one row per distributor and loyalty card or household; the newest list holds.
with

loyalty_members as (
    select *, {{ code_text('card_id') }} as card_code
    from {{ source('distributor', 'loyalty_member') }}
),

latest as (
    {{ latest_version('loyalty_members', ['_source', 'card_code'], ['_received_at']) }}
)

select
    'distributor.loyalty_member:' || _source || '/' || card_code as record_id,
    _source as distributor_code,
    card_code as card_id,
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
from latest

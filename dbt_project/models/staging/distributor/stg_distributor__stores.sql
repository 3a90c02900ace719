-- Grain: one row per distributor and store; the newest list holds.
with

stores as (
    {{ latest_version(
        source('distributor', 'store'), ['_source', code_text('store_code')], ['_received_at']
    ) }}
)

select
    _source as distributor_code,
    {{ code_text('store_code') }} as source_store_code,
    _source || ':' || {{ code_text('store_code') }} as store_code,
    {{ code_text('gln') }} as gln,
    nullif(trim(name), '') as store_name,
    lower(nullif(trim(store_format), '')) as store_format,
    nullif(trim(street), '') as street,
    nullif(trim(city), '') as city,
    nullif(trim(region), '') as region,
    nullif(trim(postal_code), '') as postal_code,
    upper(nullif(trim(country), '')) as country_code,
    opened_on as opened_date,
    closed_on as closed_date,
    _load_id as load_id
from stores

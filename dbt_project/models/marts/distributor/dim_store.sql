-- Grain: one row per place of sale or delivery: own shop, social shop, e-tailer, physical store,
-- warehouse. A place that only a fact mentions is an inferred member; -1 is the unknown place.
with

stores as (
    select * from {{ ref('int_distributor__stores') }}
),

dim_store as (
    select
        {{ key_or_unknown('store_code') }} as store_key,
        store_code,
        {{ key_or_unknown('distributor_code') }} as distributor_key,
        distributor_code,
        store_name,
        place_type,
        store_format,
        gln,
        city,
        region,
        postal_code,
        country_code,
        market_code,
        opened_date,
        closed_date,
        is_inferred
    from stores
    union all
    select
        {{ unknown_key() }} as store_key,
        'unknown' as store_code,
        {{ unknown_key() }} as distributor_key,
        'unknown' as distributor_code,
        'Unknown' as store_name,
        'unknown' as place_type,
        cast(null as varchar) as store_format,
        cast(null as varchar) as gln,
        cast(null as varchar) as city,
        cast(null as varchar) as region,
        cast(null as varchar) as postal_code,
        cast(null as varchar) as country_code,
        'unknown' as market_code,
        cast(null as date) as opened_date,
        cast(null as date) as closed_date,
        true as is_inferred
)

select
    store_key,
    store_code,
    distributor_key,
    distributor_code,
    store_name,
    place_type,
    store_format,
    gln,
    city,
    region,
    postal_code,
    country_code,
    market_code,
    opened_date,
    closed_date,
    is_inferred
from dim_store

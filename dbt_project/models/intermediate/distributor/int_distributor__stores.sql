-- Grain: one row per place of sale or delivery, whoever runs it: own and social shops from the
-- company's rules, distributors' stores from their lists, invoices' ship-to places, one online
-- store for each e-tailer, and whatever else a report mentions (inferred).
with

distributors as (
    select distributor_code, distributor_name, distributor_type, market_code
    from {{ ref('int_distributor__distributors') }}
    where is_current
),

market_names as (
    {{ market_names() }}
),

own_shops as (
    select store_code, min(store_name) as store_name, min(store_type) as store_type
    from {{ source('company', 'shop') }}
    group by store_code
),

listed as (
    select * from {{ ref('stg_distributor__stores') }}
),

ship_to as (
    select
        distributor_code,
        distributor_code || ':' || ship_to_code as store_code,
        max(ship_to_name) as store_name,
        max(ship_to_city) as city,
        max(ship_to_region) as region,
        max(ship_to_postal_code) as postal_code,
        max(ship_to_country_code) as country_code
    from {{ ref('stg_erp__sell_in_lines') }}
    where ship_to_code is not null
    group by distributor_code, ship_to_code
),

mentioned as (
    select distinct distributor_code, distributor_code || ':' || source_store_code as store_code
    from {{ ref('int_distributor__codes_mentioned') }}
    where source_store_code is not null
    union
    select distributor_code, distributor_code || ':online' as store_code
    from distributors
    where distributor_type = 'e_tailer'
    union
    select distributor_code, store_code from listed
    union
    select distributor_code, store_code from ship_to
    union
    select 'own' as distributor_code, store_code from own_shops
    union
    select 'own' as distributor_code, store_code from {{ ref('int_distributor__own_shops') }}
    union
    select distributor_code, store_code from {{ ref('stg_touchpoint__contacts') }}
    where store_code is not null
),

described as (
    select
        mentioned.store_code,
        mentioned.distributor_code,
        coalesce(own_shops.store_name, listed.store_name, ship_to.store_name) as store_name,
        own_shops.store_type,
        listed.store_format,
        listed.gln,
        coalesce(listed.city, ship_to.city) as city,
        coalesce(listed.region, ship_to.region) as region,
        coalesce(listed.postal_code, ship_to.postal_code) as postal_code,
        coalesce(listed.country_code, ship_to.country_code) as country_code,
        listed.opened_date,
        listed.closed_date,
        own_shops.store_code is null and listed.store_code is null and ship_to.store_code is null
            as is_inferred
    from mentioned
    left join own_shops on mentioned.store_code = own_shops.store_code
    left join listed on mentioned.store_code = listed.store_code
    left join ship_to on mentioned.store_code = ship_to.store_code
)

select
    described.store_code,
    described.distributor_code,
    coalesce(described.store_name, described.store_code) as store_name,
    case
        when described.store_type is not null then described.store_type
        when described.distributor_code = 'own' then 'own_shop'
        when described.store_format like '%warehouse%' then 'warehouse'
        when distributors.distributor_type = 'e_tailer' or described.store_format = 'online'
            or described.store_code = described.distributor_code || ':online'
            then 'e_tailer'
        else 'physical_store'
    end as place_type,
    described.store_format,
    described.gln,
    described.city,
    described.region,
    described.postal_code,
    described.country_code,
    coalesce(market_names.market_code, case
        when described.country_code is null then distributors.market_code else 'other'
    end, 'unknown') as market_code,
    described.opened_date,
    described.closed_date,
    described.is_inferred
from described
left join distributors on described.distributor_code = distributors.distributor_code
left join market_names on lower(described.country_code) = market_names.country_text

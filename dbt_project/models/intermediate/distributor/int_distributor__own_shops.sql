-- Grain: one row per sales channel of an own system (web, instagram, an export's name), with the
-- shop that the company's rules name for it; without a rule it is a shop under its own name.
with

channels as (
    select 'shopify' as system, coalesce(source_name, 'unknown') as source_name
    from {{ ref('stg_shopify__orders') }}
    union
    select 'shop' as system, source_name
    from {{ ref('stg_shop__order_lines') }}
),

shops as (
    select
        lower(system) as system,
        lower(source_name) as source_name,
        min(store_code) as store_code
    from {{ source('company', 'shop') }}
    group by lower(system), lower(source_name)
)

select
    channels.system,
    channels.source_name,
    coalesce(
        shops.store_code,
        any_source.store_code,
        'own:' || channels.source_name
    ) as store_code
from channels
left join shops
    on channels.system = shops.system
    and lower(channels.source_name) = shops.source_name
left join shops as any_source
    on channels.system = any_source.system
    and any_source.source_name is null

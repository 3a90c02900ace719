-- Grain: one row per code owner, store and product that any report, basket or invoice mentions.
-- A product code belongs to whoever gave it: the distributor, or an own system (is_own_code).
-- Dimensions take their inferred members from here, so that late lists never orphan a fact.
with

mentions as (
    select
        distributor_code,
        source_store_code,
        distributor_code as code_owner,
        false as is_own_code,
        source_product_code
    from {{ ref('stg_distributor__sell_out') }}
    union
    select
        distributor_code,
        source_store_code,
        distributor_code as code_owner,
        false as is_own_code,
        source_product_code
    from {{ ref('stg_distributor__stock') }}
    union
    select
        distributor_code,
        source_store_code,
        distributor_code as code_owner,
        false as is_own_code,
        source_product_code
    from {{ ref('stg_distributor__basket_lines') }}
    union
    select
        distributor_code,
        source_store_code,
        distributor_code as code_owner,
        false as is_own_code,
        source_product_code
    from {{ ref('stg_distributor__shelf_audits') }}
    union
    select
        distributor_code,
        ship_to_code as source_store_code,
        source_name as code_owner,
        true as is_own_code,
        source_product_code
    from {{ ref('stg_erp__sell_in_lines') }}
    union
    select
        'own' as distributor_code,
        cast(null as varchar) as source_store_code,
        source_name as code_owner,
        true as is_own_code,
        source_product_code
    from {{ ref('stg_shop__order_lines') }}
    union
    select
        'own' as distributor_code,
        cast(null as varchar) as source_store_code,
        feed_source as code_owner,
        true as is_own_code,
        source_product_code
    from {{ ref('stg_shopify__order_lines') }}
)

select
    distributor_code,
    source_store_code,
    code_owner,
    is_own_code,
    source_product_code
from mentions

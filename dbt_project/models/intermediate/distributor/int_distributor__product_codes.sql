-- Grain: one row per code owner and product code as it was written, with the product that it
-- means. A distributor's article list comes first; then a GTIN by its check digit (with up to 11
-- digits, as when leading zeros got lost, only if the GTIN is known); then the company's own
-- stock keeping units. What nobody explains stays the owner's item.
with

mentioned as (
    select distinct code_owner, is_own_code, source_product_code
    from {{ ref('int_distributor__codes_mentioned') }}
    where source_product_code is not null
    union
    select distributor_code as code_owner, false as is_own_code, source_product_code
    from {{ ref('stg_distributor__products') }}
    union
    select feed_source as code_owner, true as is_own_code, source_product_code
    from {{ ref('stg_shopify__product_variants') }}
),

articles as (
    select * from {{ ref('stg_distributor__products') }}
),

variants as (
    select
        feed_source,
        source_product_code,
        max({{ gtin_14('barcode') }}) as gtin_14
    from {{ ref('stg_shopify__product_variants') }}
    group by feed_source, source_product_code
    having count(distinct {{ gtin_14('barcode') }}) = 1
),

skus as (
    select sku, min(product_code) as gtin_14
    from {{ ref('stg_erp__products') }}
    where sku is not null and coalesce(pack_level, 'each') = 'each'
    group by sku
    having count(*) = 1
),

packs as (
    select * from {{ ref('int_distributor__packs') }}
),

known_gtins as (
    select product_code as gtin_14 from packs
    union
    select gtin_14 from articles where gtin_14 is not null
    union
    select gtin_14 from variants where gtin_14 is not null
),

read_as_gtin as (
    select
        code_owner,
        is_own_code,
        source_product_code,
        length(source_product_code) as code_length,
        {{ gtin_14('source_product_code') }} as gtin_14
    from mentioned
),

resolved as (
    select
        codes.code_owner,
        codes.is_own_code,
        codes.source_product_code,
        coalesce(
            articles.gtin_14,
            case
                when codes.code_length >= 12 or known_gtins.gtin_14 is not null then codes.gtin_14
            end,
            variants.gtin_14,
            skus.gtin_14
        ) as gtin_14,
        articles.units_per_pack as article_units_per_pack
    from read_as_gtin as codes
    left join articles
        on codes.code_owner = articles.distributor_code
        and codes.source_product_code = articles.source_product_code
    left join known_gtins on codes.gtin_14 = known_gtins.gtin_14
    left join variants
        on codes.code_owner = variants.feed_source
        and codes.source_product_code = variants.source_product_code
    left join skus on codes.is_own_code and codes.source_product_code = skus.sku
)

select
    resolved.code_owner,
    resolved.source_product_code,
    resolved.is_own_code,
    coalesce(resolved.gtin_14, resolved.code_owner || ':' || resolved.source_product_code)
        as reported_product_code,
    coalesce(
        packs.consumer_product_code,
        resolved.gtin_14,
        resolved.code_owner || ':' || resolved.source_product_code
    ) as product_code,
    resolved.gtin_14 is not null as is_resolved,
    cast(coalesce(packs.units_per_pack, resolved.article_units_per_pack, 1) as double)
        as units_per_piece,
    cast(
        case
            when packs.units_per_pack > 1 then packs.units_per_pack
            else coalesce(
                packs.units_per_case,
                case
                    when resolved.article_units_per_pack > 1 then resolved.article_units_per_pack
                end
            )
        end as double
    ) as units_per_case,
    packs.unit_cost_amount
from resolved
left join packs on resolved.gtin_14 = packs.product_code

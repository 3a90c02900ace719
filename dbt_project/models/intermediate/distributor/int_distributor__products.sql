-- Grain: one row per product or pack: GTIN-14, or '<owner>:<item>' where nobody states a GTIN.
-- Each attribute comes from the most trusted place that states it; a code that only a report
-- mentions is an inferred member. Relation: own, own_label (a distributor's), competitor, unknown.
with

product_codes as (
    select * from {{ ref('int_distributor__product_codes') }}
),

members as (
    select reported_product_code as product_code from product_codes
    union
    select product_code from product_codes
    union
    select product_code from {{ ref('stg_erp__products') }}
),

descriptions as (
    select
        *,
        row_number() over (
            partition by product_code order by trust_rank, described_by, product_name
        ) as place_order
    from {{ ref('int_distributor__product_descriptions') }}
),

merged as (
    select
        product_code,
        min(case when place_order = 1 then described_by end) as described_by,
        min_by(sku, case when sku is not null then place_order end) as sku,
        min_by(product_name, case when product_name is not null then place_order end)
            as product_name,
        min_by(brand, case when brand is not null then place_order end) as brand,
        min_by(department, case when department is not null then place_order end) as department,
        min_by(category, case when category is not null then place_order end) as category,
        min_by(subcategory, case when subcategory is not null then place_order end)
            as subcategory,
        min_by(package_size, case when package_size is not null then place_order end)
            as package_size,
        min(own_label_of) as own_label_of,
        min_by(is_competitor, case when is_competitor is not null then place_order end)
            as is_competitor
    from descriptions
    group by product_code
),

own_brands as (
    select distinct lower(trim(brand)) as brand_text from {{ source('company', 'own_brand') }}
),

erp_products as (
    select * from {{ ref('stg_erp__products') }}
),

packs as (
    select * from {{ ref('int_distributor__packs') }}
),

codes_by_product as (
    select
        reported_product_code as product_code,
        max(units_per_piece) as units_per_piece,
        bool_or(is_own_code) as is_own_code
    from product_codes
    group by reported_product_code
)

select
    members.product_code,
    case when members.product_code not like '%:%' then members.product_code end as gtin,
    merged.sku,
    coalesce(merged.product_name, members.product_code) as product_name,
    merged.brand,
    merged.department,
    merged.category,
    merged.subcategory,
    merged.package_size,
    erp_products.pack_level,
    cast(coalesce(packs.units_per_pack, codes_by_product.units_per_piece, 1) as double)
        as units_per_pack,
    erp_products.parent_product_code,
    coalesce(packs.consumer_product_code, members.product_code) as consumer_product_code,
    erp_products.net_content,
    erp_products.net_content_uom,
    erp_products.list_price_amount,
    packs.unit_cost_amount,
    erp_products.on_sale_since_date,
    case
        when erp_products.product_code is not null then 'own'
        when own_brands.brand_text is not null then 'own'
        when codes_by_product.is_own_code then 'own'
        when merged.own_label_of is not null then 'own_label'
        when merged.is_competitor then 'competitor'
        when not merged.is_competitor then 'own'
        when merged.brand is not null then 'competitor'
        else 'unknown'
    end as product_relation,
    merged.own_label_of as own_label_distributor_code,
    merged.described_by,
    merged.product_code is null as is_inferred
from members
left join merged on members.product_code = merged.product_code
left join own_brands on lower(trim(merged.brand)) = own_brands.brand_text
left join erp_products on members.product_code = erp_products.product_code
left join packs on members.product_code = packs.product_code
left join codes_by_product on members.product_code = codes_by_product.product_code

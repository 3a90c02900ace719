-- Grain: one row per product or pack, by GTIN-14, or by the owner's item number where nobody
-- states a GTIN. Facts point at the consumer unit and count in consumer units; packs stand here
-- with their place in the hierarchy. -1 is the unknown product.
with

products as (
    select * from {{ ref('int_distributor__products') }}
),

dim_product as (
    select
        {{ key_or_unknown('product_code') }} as product_key,
        product_code,
        gtin,
        sku,
        product_name,
        brand,
        department,
        category,
        subcategory,
        package_size,
        pack_level,
        units_per_pack,
        {{ key_or_unknown('parent_product_code') }} as parent_product_key,
        {{ key_or_unknown('consumer_product_code') }} as consumer_product_key,
        net_content,
        net_content_uom,
        list_price_amount,
        unit_cost_amount,
        on_sale_since_date,
        product_relation,
        product_relation = 'own' as is_own_product,
        product_relation in ('competitor', 'own_label') as is_competitor,
        own_label_distributor_code,
        described_by,
        is_inferred
    from products
    union all
    select
        {{ unknown_key() }} as product_key,
        'unknown' as product_code,
        cast(null as varchar) as gtin,
        cast(null as varchar) as sku,
        'Unknown' as product_name,
        cast(null as varchar) as brand,
        cast(null as varchar) as department,
        cast(null as varchar) as category,
        cast(null as varchar) as subcategory,
        cast(null as varchar) as package_size,
        cast(null as varchar) as pack_level,
        cast(1 as double) as units_per_pack,
        {{ unknown_key() }} as parent_product_key,
        {{ unknown_key() }} as consumer_product_key,
        cast(null as double) as net_content,
        cast(null as varchar) as net_content_uom,
        cast(null as double) as list_price_amount,
        cast(null as double) as unit_cost_amount,
        cast(null as date) as on_sale_since_date,
        'unknown' as product_relation,
        false as is_own_product,
        false as is_competitor,
        cast(null as varchar) as own_label_distributor_code,
        cast(null as varchar) as described_by,
        true as is_inferred
)

select
    product_key,
    product_code,
    gtin,
    sku,
    product_name,
    brand,
    department,
    category,
    subcategory,
    package_size,
    pack_level,
    units_per_pack,
    parent_product_key,
    consumer_product_key,
    net_content,
    net_content_uom,
    list_price_amount,
    unit_cost_amount,
    on_sale_since_date,
    product_relation,
    is_own_product,
    is_competitor,
    own_label_distributor_code,
    described_by,
    is_inferred
from dim_product

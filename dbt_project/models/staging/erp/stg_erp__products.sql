-- Grain: one row per product or pack of it, by GTIN; the newest list holds.
with

products as (
    {{ latest_version(source('erp', 'product'), [gtin_14('gtin')], ['_received_at']) }}
)

select
    {{ gtin_14('gtin') }} as product_code,
    trim(gtin) as gtin_as_sent,
    {{ code_text('sku') }} as sku,
    trim(name) as product_name,
    nullif(trim(brand), '') as brand,
    nullif(trim(category), '') as category,
    {{ gtin_14('parent_gtin') }} as parent_product_code,
    lower(nullif(trim(pack_level), '')) as pack_level,
    coalesce(units_per_pack, 1) as units_per_pack,
    net_content,
    upper(nullif(trim(net_content_uom), '')) as net_content_uom,
    list_price as list_price_amount,
    unit_cost as unit_cost_amount,
    valid_from as on_sale_since_date,
    _load_id as load_id
from products
where {{ gtin_14('gtin') }} is not null

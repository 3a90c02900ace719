-- Grain: one row per distributor and article of its list; the newest list holds.
with

products as (
    {{ latest_version(
        source('distributor', 'product'), ['_source', code_text('product_code')], ['_received_at']
    ) }}
)

select
    _source as distributor_code,
    {{ code_text('product_code') }} as source_product_code,
    {{ gtin_14('gtin') }} as gtin_14,
    nullif(trim(name), '') as product_name,
    nullif(trim(brand), '') as brand,
    nullif(trim(department), '') as department,
    nullif(trim(category), '') as category,
    nullif(trim(subcategory), '') as subcategory,
    nullif(trim(package_size), '') as package_size,
    is_own_label,
    units_per_pack,
    price as shelf_price_original,
    upper(nullif(trim(currency), '')) as currency_code,
    _load_id as load_id
from products

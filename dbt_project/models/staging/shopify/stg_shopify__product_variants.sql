-- Grain: one row per product variant, as last known.
with

product_variants as (
    {{ latest_version(source('shopify', 'product_variant'), ['id'], ['updated_at']) }}
)

select
    id as variant_id,
    product_id,
    coalesce({{ code_text('sku') }}, 'variant ' || cast(id as varchar)) as source_product_code,
    {{ code_text('barcode') }} as barcode,
    nullif(trim(title), '') as variant_name,
    price as list_price_original,
    updated_at,
    _source as feed_source,
    _load_id as load_id
from product_variants

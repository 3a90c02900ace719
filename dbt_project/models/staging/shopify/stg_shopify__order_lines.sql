-- Grain: one row per line of an order; the newest file holds.
with

order_lines as (
    {{ latest_version(source('shopify', 'order_line'), ['id'], ['_received_at']) }}
)

select
    id as order_line_id,
    order_id,
    product_id,
    variant_id,
    coalesce({{ code_text('sku') }}, 'variant ' || cast(variant_id as varchar))
        as source_product_code,
    nullif(trim(title), '') as product_name,
    price as unit_price_original,
    quantity as quantity_sold,
    coalesce(total_discount, 0) as discount_amount_original,
    _source as feed_source,
    _load_id as load_id
from order_lines

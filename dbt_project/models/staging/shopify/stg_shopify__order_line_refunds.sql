-- Grain: one row per refunded order line; sent twice it counts once.
with

order_line_refunds as (
    {{ latest_version(source('shopify', 'order_line_refund'), ['id'], ['_received_at']) }}
)

select
    id as order_line_refund_id,
    refund_id,
    order_line_id,
    quantity as quantity_refunded,
    coalesce(subtotal, 0) as refund_amount_original,
    lower(nullif(trim(restock_type), '')) as restock_type,
    _load_id as load_id
from order_line_refunds

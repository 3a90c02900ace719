-- Grain: one row per refund; sent twice it counts once.
with

refunds as (
    {{ latest_version(source('shopify', 'refund'), ['id'], ['_received_at']) }}
)

select
    id as refund_id,
    order_id,
    coalesce(processed_at, created_at) as processed_at,
    created_at as refunded_at,
    _business_date as refund_date,
    nullif(trim(note), '') as note,
    restock as is_restocked,
    _load_id as load_id
from refunds

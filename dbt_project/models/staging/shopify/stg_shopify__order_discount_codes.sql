-- Grain: one row per order and code that it carries, as last sent. Codes are compared in upper
-- case, without spaces around them; the amount stands in the discounts of the order's lines too.
with

codes as (
    {{
        latest_version(
            source('shopify', 'order_discount_code'), ['order_id', 'index'], ['_received_at']
        )
    }}
)

select
    order_id,
    index as code_position,
    upper(trim(code)) as discount_code,
    coalesce(amount, 0) as discount_amount_original,
    lower(nullif(trim(type), '')) as discount_type,
    _source as feed_source,
    _load_id as load_id
from codes
where nullif(trim(code), '') is not null

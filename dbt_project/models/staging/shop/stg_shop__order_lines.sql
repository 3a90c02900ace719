{%- set line_id -%}
    coalesce({{ code_text('line_id') }}, _period || '#' || cast(_row as varchar))
{%- endset -%}
-- Grain: one row per line of an order, return or cancellation. Lines that the shop numbers count
-- once however often they are sent (the newest holds); where it numbers none, equal rows are
-- different lines.
with

order_lines as (
    {{ latest_version(source('shop', 'order_line'), ['_source', 'order_id', line_id]) }}
)

select
    'shop:' || _source || '/' || trim(order_id) as sale_id,
    {{ line_id }} as line_id,
    trim(order_id) as order_id,
    'shop.customer:' || _source || '/' || {{ code_text('customer_id') }} as record_id,
    {{ code_text('customer_id') }} as customer_id,
    {{ code_text('product_code') }} as source_product_code,
    nullif(trim(product_name), '') as product_name,
    quantity as quantity_sold,
    unit_price as unit_price_original,
    coalesce(discount, 0) as discount_amount_original,
    upper(trim(currency)) as currency_code,
    nullif(trim(country), '') as country_name,
    ordered_at,
    _business_date as order_date,
    _source as source_name,
    _load_id as load_id
from order_lines

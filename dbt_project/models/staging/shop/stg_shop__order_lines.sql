-- Grain: one row per line of an order, return or cancellation. Lines that the shop numbers count
-- once however often they are sent (the newest holds); where it numbers none, equal rows are
-- different lines.
with

order_lines as (
    select
        *,
        {{ code_text('line_id') }} as line_number,
        _period || '#' || cast(_row as varchar) as row_id
    from {{ source('shop', 'order_line') }}
),

counted_once as (
    select *
    from order_lines
    qualify
        line_number is null
        or row_number() over (
            partition by _source, order_id, coalesce(line_number, row_id)
            order by _load_id desc, _row desc
        ) = 1
)

select
    'shop:' || _source || '/' || trim(order_id) as sale_id,
    coalesce(line_number, row_id) as line_id,
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
from counted_once

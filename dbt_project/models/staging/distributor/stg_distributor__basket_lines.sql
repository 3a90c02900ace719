{%- set line_id -%}
    coalesce({{ code_text('line_id') }}, _period || '#' || cast(_row as varchar))
{%- endset -%}
-- Grain: one row per product in a basket. Lines that the till numbers count once however often
-- they are sent (the newest holds); where it numbers none, equal rows are different lines.
with

basket_lines as (
    {{ latest_version(source('distributor', 'basket_line'), ['_source', 'basket_id', line_id]) }}
)

select
    'distributor:' || _source || '/' || trim(basket_id) as sale_id,
    {{ line_id }} as line_id,
    _source as distributor_code,
    {{ code_text('store_code') }} as source_store_code,
    'distributor.loyalty_member:' || _source || '/' || {{ code_text('card_id') }} as record_id,
    {{ code_text('product_code') }} as source_product_code,
    quantity as quantity_sold,
    amount as net_amount_original,
    coalesce(discount, 0) + coalesce(coupon_discount, 0) as discount_amount_original,
    upper(trim(currency)) as currency_code,
    sold_at,
    _business_date as sale_date,
    _load_id as load_id
from basket_lines

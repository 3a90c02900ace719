{{
    config(
        materialized='incremental',
        incremental_strategy='by_day',
        on_schema_change='fail',
        meta={
            'day_column': 'sale_date',
            'key_column': 'sale_id',
            'day_shift': 1,
            'layouts': [
                'shopify.order', 'shopify.order_line', 'shopify.refund',
                'shopify.order_line_refund', 'shop.order_line', 'distributor.basket_line',
            ],
        },
    )
}}
-- Grain: one row per product line of a sale, return, cancellation or adjustment, whoever sold it
-- and whether or not the shopper is known. Transaction fact. Returns and cancellations are rows of
-- their own on their own day, negative in quantity and amounts, so that sums are net. Late lines
-- rebuild their sale; a sale whose customer, product, cost or rate changed is rebuilt as well.
-- margin_amount is what the shopper paid above the company's cost, shared with whoever sold it.
with

sale_lines as (
    select * from {{ ref('int_distributor__sale_lines') }}
),

identities as (
    select record_id, customer_key from {{ ref('bridge_customer_identity') }}
),

stores as (
    select * from {{ ref('dim_store') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

fct_sale_line as (
    select
        {{ surrogate_key(['sale_lines.sale_line_id']) }} as sale_line_key,
        sale_lines.sale_line_id,
        sale_lines.sale_id,
        coalesce(identities.customer_key, {{ unknown_key() }}) as customer_key,
        sale_lines.record_id,
        sale_lines.sold_at,
        sale_lines.sale_date,
        cast({{ date_key('sale_lines.sale_date') }} as integer) as sale_date_key,
        sale_lines.market_code,
        {{ key_joined('stores.store_key', 'sale_lines.store_code') }} as store_key,
        {{ key_joined('stores.distributor_key', 'sale_lines.distributor_code') }}
            as distributor_key,
        {{ key_joined('products.product_key', 'sale_lines.product_code') }} as product_key,
        sale_lines.source_product_code,
        sale_lines.sale_type,
        sale_lines.quantity_units,
        sale_lines.gross_amount_original * sale_lines.exchange_rate as gross_amount,
        (sale_lines.gross_amount_original - sale_lines.net_amount_original)
        * sale_lines.exchange_rate as discount_amount,
        sale_lines.net_amount_original * sale_lines.exchange_rate as net_amount,
        sale_lines.unit_cost_amount * sale_lines.quantity_units as cost_amount,
        sale_lines.net_amount_original * sale_lines.exchange_rate
        - sale_lines.unit_cost_amount * sale_lines.quantity_units as margin_amount,
        case when sale_lines.sale_type in ('return', 'cancellation')
            then 0 - sale_lines.quantity_units else 0 end as returned_units,
        case when sale_lines.sale_type in ('return', 'cancellation')
            then 0 - sale_lines.net_amount_original * sale_lines.exchange_rate else 0 end
            as refund_amount,
        sale_lines.net_amount_original,
        sale_lines.currency_code,
        sale_lines.record_id is not null as is_identified,
        sale_lines.load_id
    from sale_lines
    left join identities on sale_lines.record_id = identities.record_id
    left join stores on sale_lines.store_code = stores.store_code
    left join products on sale_lines.product_code = products.product_code
)

{%- if is_incremental() %},

days as (
    {{ days_to_rebuild(config.get('meta')['layouts'], 1) }}
),

stored as (
    select * from {{ this }}
),

sales_to_rebuild as (
    select coalesce(current_lines.sale_id, stored.sale_id) as sale_id
    from fct_sale_line as current_lines
    full join stored on current_lines.sale_line_key = stored.sale_line_key
    where current_lines.load_id is distinct from stored.load_id
        or current_lines.customer_key <> stored.customer_key
        or current_lines.product_key <> stored.product_key
        or current_lines.quantity_units is distinct from stored.quantity_units
        or current_lines.net_amount is distinct from stored.net_amount
        or current_lines.cost_amount is distinct from stored.cost_amount
        or current_lines.market_code <> stored.market_code
        or current_lines.sale_date in (select business_date from days)
)
{%- endif %}

select
    sale_line_key,
    sale_line_id,
    sale_id,
    customer_key,
    record_id,
    sold_at,
    sale_date,
    sale_date_key,
    market_code,
    store_key,
    distributor_key,
    product_key,
    source_product_code,
    sale_type,
    quantity_units,
    gross_amount,
    discount_amount,
    net_amount,
    cost_amount,
    margin_amount,
    returned_units,
    refund_amount,
    net_amount_original,
    currency_code,
    is_identified,
    load_id
from fct_sale_line
{%- if is_incremental() %}
where sale_id in (select sale_id from sales_to_rebuild)
{%- endif %}

{{
    config(
        materialized='incremental',
        incremental_strategy='by_day',
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
-- Grain: one row per product line of a sale, return or cancellation, whoever sold it, in consumer
-- units and in company currency. Late lines, refunds and cancellations rebuild their whole sale;
-- so do changes of the product list, of costs and of exchange rates.
with

sale_lines as (
    select * from {{ ref('int_distributor__own_sale_lines') }}
    union all
    select * from {{ ref('int_distributor__basket_sale_lines') }}
),

product_codes as (
    select * from {{ ref('int_distributor__product_codes') }}
),

rates as (
    {{ exchange_rates('sale_lines', 'currency_code', 'sale_date') }}
),

valued as (
    select
        sale_lines.sale_id || '#' || sale_lines.line_id as sale_line_id,
        sale_lines.sale_id,
        sale_lines.sale_id
        || case when sale_lines.event_code = 'sale' then '' else '/' || sale_lines.event_code end
            as sale_event_id,
        sale_lines.system,
        sale_lines.source_name,
        sale_lines.sale_type,
        sale_lines.record_id,
        sale_lines.market_code,
        sale_lines.store_code,
        sale_lines.distributor_code,
        sale_lines.source_product_code,
        product_codes.product_code,
        sale_lines.currency_code,
        sale_lines.sold_at,
        sale_lines.sale_date,
        sale_lines.quantity_sold * coalesce(product_codes.units_per_piece, 1) as quantity_units,
        sale_lines.gross_amount_original,
        sale_lines.net_amount_original,
        rates.exchange_rate,
        product_codes.unit_cost_amount,
        sale_lines.load_id
    from sale_lines
    left join product_codes
        on sale_lines.code_owner = product_codes.code_owner
        and sale_lines.source_product_code = product_codes.source_product_code
    left join rates
        on sale_lines.currency_code = rates.currency_code
        and sale_lines.sale_date = rates.rate_date
)

{%- if is_incremental() %},

days as (
    {{ days_to_rebuild(config.get('meta')['layouts'], 1) }}
),

stored as (
    select * from {{ this }}
),

sales_to_rebuild as (
    select sale_id
    from valued
    where load_id > (select coalesce(max(load_id), 0) from stored)
        or sale_date in (select business_date from days)
    union
    select sale_id
    from stored
    where sale_date in (select business_date from days)
    union
    select stored.sale_id
    from stored
    left join valued on stored.sale_line_id = valued.sale_line_id
    where stored.product_code is distinct from valued.product_code
        or stored.quantity_units is distinct from valued.quantity_units
        or stored.unit_cost_amount is distinct from valued.unit_cost_amount
        or stored.exchange_rate is distinct from valued.exchange_rate
        or stored.market_code is distinct from valued.market_code
)
{%- endif %}

select
    sale_line_id,
    sale_id,
    sale_event_id,
    system,
    source_name,
    sale_type,
    record_id,
    market_code,
    store_code,
    distributor_code,
    source_product_code,
    product_code,
    currency_code,
    sold_at,
    sale_date,
    quantity_units,
    gross_amount_original,
    net_amount_original,
    exchange_rate,
    unit_cost_amount,
    load_id
from valued
{%- if is_incremental() %}
where sale_id in (select sale_id from sales_to_rebuild)
{%- endif %}

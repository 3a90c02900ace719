-- Grain: one row per sale event: the sale itself (sale_event_id = sale_id), and each return,
-- cancellation or adjustment of it, on its own day. Conversions are the rows of sale_type 'sale'.
-- Amounts in company currency; own_net_amount is what the company's own products are of it.
-- Sums are rounded to 6 decimals, so that the order of adding leaves no trace.
with

sale_lines as (
    select * from {{ ref('int_distributor__sale_lines') }}
),

stores as (
    select * from {{ ref('int_distributor__stores') }}
),

products as (
    select product_code, product_relation from {{ ref('int_distributor__products') }}
),

events as (
    select
        sale_lines.sale_event_id,
        min(sale_lines.sale_id) as sale_id,
        case
            when sale_lines.sale_event_id = min(sale_lines.sale_id)
                and max(sale_lines.sale_type) <> 'test'
                then 'sale'
            else min(sale_lines.sale_type)
        end as sale_type,
        min(sale_lines.record_id) as record_id,
        min(sale_lines.sold_at) as sold_at,
        min(sale_lines.sale_date) as sale_date,
        min(sale_lines.market_code) as market_code,
        min(sale_lines.store_code) as store_code,
        min(sale_lines.distributor_code) as distributor_code,
        sum(sale_lines.net_amount_original * sale_lines.exchange_rate) as net_amount,
        sum(
            case when products.product_relation = 'own'
                then sale_lines.net_amount_original * sale_lines.exchange_rate end
        ) as own_net_amount,
        sum(
            sale_lines.net_amount_original * sale_lines.exchange_rate
            - sale_lines.unit_cost_amount * sale_lines.quantity_units
        ) as margin_amount,
        sum(sale_lines.quantity_units) as quantity_units,
        sum(
            case when products.product_relation = 'own' then sale_lines.quantity_units end
        ) as own_quantity_units,
        count(*) as line_count,
        min(sale_lines.system) as system,
        min(sale_lines.source_name) as source_name,
        max(sale_lines.load_id) as load_id
    from sale_lines
    left join products on sale_lines.product_code = products.product_code
    group by sale_lines.sale_event_id
)

select
    events.sale_event_id,
    events.sale_id,
    events.sale_type,
    events.record_id,
    events.sold_at,
    events.sale_date,
    events.market_code,
    events.store_code,
    events.distributor_code,
    coalesce(stores.place_type, 'unknown') as place_type,
    round(events.net_amount, 6) as net_amount,
    round(coalesce(events.own_net_amount, 0), 6) as own_net_amount,
    round(events.margin_amount, 6) as margin_amount,
    events.quantity_units,
    coalesce(events.own_quantity_units, 0) as own_quantity_units,
    events.line_count,
    events.system,
    events.source_name,
    events.load_id
from events
left join stores on events.store_code = stores.store_code

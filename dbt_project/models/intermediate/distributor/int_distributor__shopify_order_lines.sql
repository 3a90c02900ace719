-- Grain: one row per line of an order, and one ('rest') for the amount of an order that no line
-- explains, as when a line was rejected or is late. What was discounted on the whole order is
-- shared among its lines by value, so that lines add up to the order's goods.
with

orders as (
    select * from {{ ref('stg_shopify__orders') }}
),

order_lines as (
    select
        order_line_id,
        order_id,
        feed_source as code_owner,
        source_product_code,
        cast(quantity_sold as double) as quantity_sold,
        quantity_sold * unit_price_original as gross_amount,
        quantity_sold * unit_price_original - discount_amount_original as line_amount,
        discount_amount_original as discount_amount,
        load_id
    from {{ ref('stg_shopify__order_lines') }}
),

line_sums as (
    select
        order_id,
        sum(line_amount) as lines_amount,
        sum(discount_amount) as discount_amount,
        max(load_id) as load_id
    from order_lines
    group by order_id
),

priced_orders as (
    select
        orders.order_id,
        orders.load_id,
        greatest(orders.load_id, coalesce(line_sums.load_id, 0)) as newest_load_id,
        coalesce(line_sums.lines_amount, 0) as lines_amount,
        coalesce(
            orders.subtotal_amount_original,
            line_sums.lines_amount
            - greatest(orders.discount_amount_original - line_sums.discount_amount, 0),
            orders.total_amount_original
        ) as goods_amount
    from orders
    left join line_sums on orders.order_id = line_sums.order_id
),

priced_lines as (
    select
        order_lines.order_id,
        order_lines.order_line_id,
        cast(order_lines.order_line_id as varchar) as line_id,
        order_lines.code_owner,
        order_lines.source_product_code,
        order_lines.quantity_sold,
        order_lines.gross_amount,
        case
            when orders.lines_amount > 0 and orders.goods_amount < orders.lines_amount
                then order_lines.line_amount * greatest(orders.goods_amount, 0)
                    / orders.lines_amount
            else order_lines.line_amount
        end as net_amount,
        greatest(orders.load_id, order_lines.load_id) as load_id
    from order_lines
    inner join priced_orders as orders on order_lines.order_id = orders.order_id
),

unexplained as (
    select
        order_id,
        cast(null as bigint) as order_line_id,
        'rest' as line_id,
        cast(null as varchar) as code_owner,
        cast(null as varchar) as source_product_code,
        cast(0 as double) as quantity_sold,
        goods_amount - lines_amount as gross_amount,
        goods_amount - lines_amount as net_amount,
        newest_load_id as load_id
    from priced_orders
    where goods_amount - lines_amount > 0.01
)

select * from priced_lines
union all
select * from unexplained

-- Grain: one row per sold line, refunded line, and reversed rest of a line. A cancelled order
-- keeps its sale lines; what no refund has given back is reversed on the day it was cancelled.
-- Test orders stand here with nothing sold. A refund whose order is not there (rejected, or still
-- to come) has no currency; one of which neither order nor refund is known waits outside.
with

orders as (
    select * from {{ ref('stg_shopify__orders') }}
),

order_lines as (
    select * from {{ ref('int_distributor__shopify_order_lines') }}
),

refunded_lines as (
    select
        line_refunds.order_line_refund_id,
        line_refunds.refund_id,
        line_refunds.restock_type,
        coalesce(order_lines.order_id, refunds.order_id) as order_id,
        coalesce(order_lines.line_id, 'rest') as line_id,
        order_lines.code_owner,
        order_lines.source_product_code,
        refunds.refunded_at,
        cast(line_refunds.quantity_refunded as double) as quantity_refunded,
        line_refunds.refund_amount_original as refund_amount,
        coalesce(
            order_lines.gross_amount * line_refunds.quantity_refunded
            / nullif(order_lines.quantity_sold, 0),
            line_refunds.refund_amount_original
        ) as gross_amount,
        greatest(
            line_refunds.load_id, coalesce(refunds.load_id, 0), coalesce(order_lines.load_id, 0)
        ) as load_id
    from {{ ref('stg_shopify__order_line_refunds') }} as line_refunds
    left join {{ ref('stg_shopify__refunds') }} as refunds
        on line_refunds.refund_id = refunds.refund_id
    left join order_lines on line_refunds.order_line_id = order_lines.order_line_id
    where coalesce(order_lines.order_id, refunds.order_id) is not null
),

refunded as (
    select
        order_id,
        line_id,
        sum(quantity_refunded) as quantity_refunded,
        sum(gross_amount) as gross_amount,
        sum(refund_amount) as refund_amount,
        max(load_id) as load_id
    from refunded_lines
    group by order_id, line_id
),

sold as (
    select
        order_id,
        line_id,
        'sale' as event_code,
        case when line_id = 'rest' then 'adjustment' else 'sale' end as sale_type,
        code_owner,
        source_product_code,
        cast(null as timestamp) as happened_at,
        quantity_sold,
        gross_amount,
        net_amount,
        load_id
    from order_lines
),

given_back as (
    select
        order_id,
        'refund:' || cast(order_line_refund_id as varchar) as line_id,
        'refund:' || cast(refund_id as varchar) as event_code,
        case restock_type when 'cancel' then 'cancellation' else 'return' end as sale_type,
        code_owner,
        source_product_code,
        refunded_at as happened_at,
        0 - quantity_refunded as quantity_sold,
        0 - gross_amount as gross_amount,
        0 - refund_amount as net_amount,
        load_id
    from refunded_lines
),

remaining as (
    select
        order_lines.*,
        orders.cancelled_at,
        case
            when order_lines.line_id = 'rest' then 0
            else order_lines.quantity_sold - coalesce(refunded.quantity_refunded, 0)
        end as quantity_left,
        order_lines.gross_amount - coalesce(refunded.gross_amount, 0) as gross_left,
        order_lines.net_amount - coalesce(refunded.refund_amount, 0) as net_left,
        greatest(order_lines.load_id, coalesce(refunded.load_id, 0)) as newest_load_id
    from order_lines
    inner join orders on order_lines.order_id = orders.order_id
    left join refunded
        on order_lines.order_id = refunded.order_id
        and order_lines.line_id = refunded.line_id
    where orders.cancelled_at is not null
),

reversed as (
    select
        order_id,
        'cancelled:' || line_id as line_id,
        'cancelled' as event_code,
        'cancellation' as sale_type,
        code_owner,
        source_product_code,
        cancelled_at as happened_at,
        0 - quantity_left as quantity_sold,
        0 - gross_left as gross_amount,
        0 - net_left as net_amount,
        newest_load_id as load_id
    from remaining
    where quantity_left > 0 or net_left > 0.01
),

combined as (
    select * from sold
    union all
    select * from given_back
    union all
    select * from reversed
)

select
    coalesce(orders.sale_id, 'shopify:' || cast(combined.order_id as varchar)) as sale_id,
    combined.line_id,
    combined.event_code,
    case when orders.is_test then 'test' else combined.sale_type end as sale_type,
    orders.record_id,
    orders.source_name,
    orders.country_code as country_text,
    combined.code_owner,
    combined.source_product_code,
    orders.currency_code,
    coalesce(combined.happened_at, orders.ordered_at) as sold_at,
    case when orders.is_test then 0 else combined.quantity_sold end as quantity_sold,
    case when orders.is_test then 0 else combined.gross_amount end as gross_amount_original,
    case when orders.is_test then 0 else combined.net_amount end as net_amount_original,
    greatest(combined.load_id, coalesce(orders.load_id, 0)) as load_id
from combined
left join orders on combined.order_id = orders.order_id

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
        line_refunds.order_line_id,
        line_refunds.restock_type,
        cast(line_refunds.quantity_refunded as double) as quantity_refunded,
        line_refunds.refund_amount_original as refund_amount,
        refunds.order_id as refunded_order_id,
        refunds.refunded_at,
        greatest(line_refunds.load_id, coalesce(refunds.load_id, 0)) as load_id
    from {{ ref('stg_shopify__order_line_refunds') }} as line_refunds
    left join {{ ref('stg_shopify__refunds') }} as refunds
        on line_refunds.refund_id = refunds.refund_id
),

refunded as (
    select
        order_line_id,
        sum(quantity_refunded) as quantity_refunded,
        sum(refund_amount) as refund_amount,
        max(load_id) as load_id
    from refunded_lines
    group by order_line_id
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
        coalesce(order_lines.order_id, refunded_lines.refunded_order_id) as order_id,
        'refund:' || cast(refunded_lines.order_line_refund_id as varchar) as line_id,
        'refund:' || cast(refunded_lines.refund_id as varchar) as event_code,
        case refunded_lines.restock_type when 'cancel' then 'cancellation' else 'return' end
            as sale_type,
        order_lines.code_owner,
        order_lines.source_product_code,
        refunded_lines.refunded_at as happened_at,
        -refunded_lines.quantity_refunded as quantity_sold,
        -coalesce(
            order_lines.gross_amount / nullif(order_lines.quantity_sold, 0)
            * refunded_lines.quantity_refunded,
            refunded_lines.refund_amount
        ) as gross_amount,
        -refunded_lines.refund_amount as net_amount,
        greatest(refunded_lines.load_id, coalesce(order_lines.load_id, 0)) as load_id
    from refunded_lines
    left join order_lines on refunded_lines.order_line_id = order_lines.order_line_id
    where coalesce(order_lines.order_id, refunded_lines.refunded_order_id) is not null
),

reversed as (
    select
        order_lines.order_id,
        'cancelled:' || order_lines.line_id as line_id,
        'cancelled' as event_code,
        'cancellation' as sale_type,
        order_lines.code_owner,
        order_lines.source_product_code,
        orders.cancelled_at as happened_at,
        -(order_lines.quantity_sold - coalesce(refunded.quantity_refunded, 0)) as quantity_sold,
        -(
            order_lines.gross_amount
            - coalesce(
                order_lines.gross_amount * refunded.quantity_refunded
                / nullif(order_lines.quantity_sold, 0),
                0
            )
        ) as gross_amount,
        -(order_lines.net_amount - coalesce(refunded.refund_amount, 0)) as net_amount,
        greatest(order_lines.load_id, coalesce(refunded.load_id, 0)) as load_id
    from order_lines
    inner join orders on order_lines.order_id = orders.order_id
    left join refunded on order_lines.order_line_id = refunded.order_line_id
    where orders.cancelled_at is not null
        and (
            order_lines.quantity_sold > coalesce(refunded.quantity_refunded, 0)
            or order_lines.net_amount - coalesce(refunded.refund_amount, 0) > 0.01
        )
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

{{ config(severity='warn') }}
-- Lines of orders that are not there (rejected, or still to come): they have no day and wait
-- outside the sales until the order arrives. The same holds for refunded lines of which neither
-- the order line nor the refund is there. This counts them.
select 'order line' as waiting, order_id as waiting_for_id, count(*) as line_count
from {{ ref('stg_shopify__order_lines') }}
where order_id not in (select order_id from {{ ref('stg_shopify__orders') }})
group by order_id
union all
select 'refunded line' as waiting, refund_id as waiting_for_id, count(*) as line_count
from {{ ref('stg_shopify__order_line_refunds') }}
where refund_id not in (select refund_id from {{ ref('stg_shopify__refunds') }})
    and order_line_id not in (select order_line_id from {{ ref('stg_shopify__order_lines') }})
group by refund_id

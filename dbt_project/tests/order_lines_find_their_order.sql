{{ config(severity='warn') }}
-- Lines of orders that are not there (rejected, or still to come): they have no day and wait
-- outside the sales until the order arrives. This counts them.
select order_id, count(*) as line_count
from {{ ref('stg_shopify__order_lines') }}
where order_id not in (select order_id from {{ ref('stg_shopify__orders') }})
group by order_id

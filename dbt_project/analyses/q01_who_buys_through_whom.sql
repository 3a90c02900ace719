-- Q01 Who buys from us through whom?
-- Asked by: whoever decides with whom to work, and whom an offer of the own shop would hurt.
-- Shows, per seller (the company itself, each distributor) and kind of place: known customers who
--   bought our products there, how many of them buy nowhere else, the mean share that the seller
--   has in their purchases, and what they paid; and beside them all units sold there and the share
--   of them bought by people whom nobody knows. One customer's shares: group fct_sale_line by
--   customer_key.
-- Can't see: through whom people buy where they show no card and give no name; who buys nowhere
--   else as far as is known may well buy elsewhere unknown.
with purchases as (
    select
        lines.customer_key,
        lines.distributor_key,
        stores.place_type,
        count(distinct lines.sale_id) as sale_count,
        sum(lines.net_amount) as net_amount
    from marts.fct_sale_line as lines
    inner join marts.dim_store as stores using (store_key)
    inner join marts.dim_product as products using (product_key)
    where lines.customer_key <> -1
        and not products.is_competitor
        and lines.sale_type = 'sale'
    group by lines.customer_key, lines.distributor_key, stores.place_type
),

shares as (
    select
        *,
        sale_count / sum(sale_count) over (partition by customer_key) as share_of_purchases,
        count(*) over (partition by customer_key) as seller_count
    from purchases
),

buyers as (
    select
        distributor_key,
        place_type,
        count(*) as customers,
        count(*) filter (seller_count = 1) as customers_only_here,
        avg(share_of_purchases) as mean_share_of_purchases,
        sum(sale_count) as purchases,
        sum(net_amount) as net_amount
    from shares
    group by distributor_key, place_type
),

sold as (
    select
        distributor_key,
        place_type,
        sum(sold_units) as sold_units,
        sum(identified_units) as identified_units
    from marts.fct_ropo_monthly
    group by distributor_key, place_type
)

select
    distributors.distributor_name,
    place_type,
    coalesce(buyers.customers, 0) as customers,
    buyers.customers_only_here,
    buyers.mean_share_of_purchases,
    buyers.purchases,
    buyers.net_amount,
    sold.sold_units,
    1 - sold.identified_units / nullif(sold.sold_units, 0) as unidentified_unit_share
from sold
full join buyers using (distributor_key, place_type)
left join marts.dim_distributor as distributors
    on distributor_key = distributors.distributor_key and distributors.is_current
order by sold_units desc, distributor_name, place_type

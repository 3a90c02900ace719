-- Q04 In which stores are we listed?
-- Asked by: key account managers, before they talk to a distributor about range.
-- Shows, per distributor and own product: in how many of its stores the product was sold or seen
--   on the shelf in the last 28 days that the distributor reported, as a share of stores (numeric
--   distribution) and of what those stores sell in the category (weighted distribution: units of
--   all reported products of it in those days), and the stores without it in which it was there
--   before. Stock is no sign: what is left of a delisted product lies there for months. The
--   stores themselves: take `signs` for one product_key.
-- Can't see: stores that report nothing; a slow seller may be listed and unsold for 28 days. Where
--   a distributor reports our products alone, the weight is our own sales.
with reports as (
    select distributor_key, store_key, product_key, period_end_date as seen_date, quantity_units
    from marts.fct_sell_out
    where quantity_units > 0
),

last_days as (
    select distributor_key, max(seen_date) - 27 as first_date
    from reports
    group by distributor_key
),

signs as (
    select distributor_key, store_key, product_key, max(seen_date) as last_seen_date
    from (
        select distributor_key, store_key, product_key, seen_date from reports
        union all
        select distributor_key, store_key, product_key, audit_date from marts.fct_shelf_audit
        where facing_count > 0
    ) as every_sign
    group by distributor_key, store_key, product_key
),

store_weights as (
    select
        reports.distributor_key,
        reports.store_key,
        products.category,
        sum(reports.quantity_units) as category_units
    from reports
    inner join last_days using (distributor_key)
    inner join marts.dim_product as products using (product_key)
    where reports.seen_date >= last_days.first_date
    group by reports.distributor_key, reports.store_key, products.category
),

stores as (
    select distributor_key, count(distinct store_key) as store_count
    from store_weights
    group by distributor_key
),

weights as (
    select distributor_key, category, sum(category_units) as category_units
    from store_weights
    group by distributor_key, category
)

select
    distributors.distributor_name,
    products.category,
    products.product_name,
    count(*) filter (signs.last_seen_date >= last_days.first_date) as stores_listed,
    any_value(stores.store_count) as stores_reporting,
    stores_listed / stores_reporting as numeric_distribution,
    coalesce(
        sum(store_weights.category_units) filter (signs.last_seen_date >= last_days.first_date), 0
    ) / any_value(weights.category_units) as weighted_distribution,
    count(*) filter (signs.last_seen_date < last_days.first_date) as stores_no_longer
from signs
inner join marts.dim_product as products on signs.product_key = products.product_key
inner join last_days using (distributor_key)
inner join stores using (distributor_key)
left join store_weights
    on signs.distributor_key = store_weights.distributor_key
    and signs.store_key = store_weights.store_key
    and products.category = store_weights.category
left join weights
    on signs.distributor_key = weights.distributor_key
    and products.category = weights.category
inner join marts.dim_distributor as distributors
    on signs.distributor_key = distributors.distributor_key and distributors.is_current
where products.is_own_product
group by
    distributors.distributor_name, products.category, products.product_name, products.product_key
order by distributor_name, weighted_distribution desc, category, product_name, products.product_key

-- Q05 Where do we beat the competition on the shelf, and does sell-out follow?
-- Asked by: category managers and the field force, to decide where to ask for space.
-- Shows, per distributor and category, from visits of auditors: our share of shelf (facings of
--   all that stands in the category), our mean price against the others' (1 = equal), the share
--   of our listed products found available; our units sold per store and week; and whether sell-
--   out follows: the correlation, over our products in each store, of a product's facings with
--   its units sold a week, each against the mean of that product over the stores, so that a
--   bestseller does not count as an effect of its shelf.
-- Can't see: whether space sells or what sells is given space: a correlation is no effect. Stores
--   without audits; other brands' sales where the distributor reports ours alone.
with shelves as (
    select
        audits.*,
        sum(facing_count) filter (not is_competitor_product) over shelf as our_facings,
        avg(price_amount) filter (is_available and not is_competitor_product) over shelf
            as our_price,
        avg(price_amount) filter (is_available and is_competitor_product) over shelf
            as their_price,
        row_number() over shelf as row_of_shelf
    from marts.fct_shelf_audit as audits
    window shelf as (
        partition by store_key, audit_date, shelf_category
        order by shelf_audit_key
        rows between unbounded preceding and unbounded following
    )
),

standing as (
    select
        distributor_key,
        shelf_category,
        count(*) filter (row_of_shelf = 1) as visits,
        sum(our_facings) filter (row_of_shelf = 1)
            / nullif(sum(category_facing_count) filter (row_of_shelf = 1), 0) as share_of_shelf,
        avg(our_price / their_price) filter (row_of_shelf = 1) as price_index,
        avg(is_available::integer) filter (not is_competitor_product) as availability
    from shelves
    group by distributor_key, shelf_category
),

facings as (
    select distributor_key, store_key, product_key, shelf_category, avg(facing_count) as facings
    from marts.fct_shelf_audit
    where not is_competitor_product and is_available
    group by distributor_key, store_key, product_key, shelf_category
),

weeks as (
    select
        distributor_key,
        (max(period_end_date) - min(period_start_date) + 1) / 7 as week_count
    from marts.fct_sell_out
    group by distributor_key
),

sales as (
    select store_key, product_key, sum(quantity_units) as sold_units
    from marts.fct_sell_out
    group by store_key, product_key
),

pairs as (
    select
        facings.distributor_key,
        facings.shelf_category,
        facings.store_key,
        coalesce(sales.sold_units, 0) / weeks.week_count as weekly_units,
        facings.facings - avg(facings.facings) over product as facings_above_mean,
        coalesce(sales.sold_units, 0) / weeks.week_count
        - avg(coalesce(sales.sold_units, 0) / weeks.week_count) over product as units_above_mean
    from facings
    inner join weeks using (distributor_key)
    left join sales using (store_key, product_key)
    window product as (partition by facings.distributor_key, facings.product_key)
),

followed as (
    select
        distributor_key,
        shelf_category,
        sum(weekly_units) / count(distinct store_key) as units_per_store_and_week,
        count(*) as products_in_stores,
        case when count(*) > 2 then corr(facings_above_mean, units_above_mean) end
            as facing_sell_out_correlation
    from pairs
    group by distributor_key, shelf_category
)

select
    distributors.distributor_name,
    standing.shelf_category,
    standing.visits,
    standing.share_of_shelf,
    standing.price_index,
    standing.availability,
    followed.units_per_store_and_week,
    followed.products_in_stores,
    followed.facing_sell_out_correlation
from standing
left join followed using (distributor_key, shelf_category)
inner join marts.dim_distributor as distributors
    on standing.distributor_key = distributors.distributor_key and distributors.is_current
where standing.share_of_shelf is not null or standing.availability is not null
order by standing.share_of_shelf desc nulls last, distributor_name, shelf_category

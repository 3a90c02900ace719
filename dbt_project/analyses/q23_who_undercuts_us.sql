-- Q23 Who undercuts us?
-- Asked by: whoever negotiates prices and shelves with distributors.
-- Shows, per distributor, category and product of others (competitors' brands, own labels): visits
--   of auditors to a store on a day in which the category was looked at, in how many the product
--   stood on the shelf, in how many ours did, and in how many both; where both did, its price
--   against the mean of ours in that store on that day (1 = equal), and the share of visits in
--   which it was cheaper than our cheapest; and the stores in which it ever was. For single
--   stores, group by fct_shelf_audit.store_key.
-- Can't see: stores and days without an audit; online offers; coupons at the till; and how much is
--   in a pack, where nobody states it for the other product: prices are of packs as they stand.
with seen as (
    select
        audits.distributor_key,
        audits.store_key,
        audits.audit_date,
        audits.shelf_category,
        audits.product_key,
        products.product_name,
        products.brand,
        products.product_relation,
        min(audits.price_amount) as price_amount
    from marts.fct_shelf_audit as audits
    inner join marts.dim_product as products on audits.product_key = products.product_key
    where audits.is_available
        and audits.is_competitor_product
    group by all
),

visits as (
    select
        distributor_key,
        store_key,
        audit_date,
        shelf_category,
        bool_or(is_available and not is_competitor_product) as has_ours,
        avg(price_amount) filter (is_available and not is_competitor_product) as our_mean_price,
        min(price_amount) filter (is_available and not is_competitor_product) as our_lowest_price
    from marts.fct_shelf_audit
    group by all
),

visit_counts as (
    select
        distributor_key,
        shelf_category,
        count(*) as visits,
        count(*) filter (has_ours) as visits_with_ours
    from visits
    group by all
)

select
    distributors.distributor_name,
    seen.shelf_category,
    seen.product_relation,
    seen.brand,
    seen.product_name,
    any_value(visit_counts.visits) as visits,
    any_value(visit_counts.visits_with_ours) as visits_with_ours,
    count(*) as visits_with_theirs,
    count(*) filter (visits.has_ours) as visits_with_both,
    avg(seen.price_amount / visits.our_mean_price) as price_index,
    count(*) filter (seen.price_amount < visits.our_lowest_price)
        / nullif(count(seen.price_amount + visits.our_lowest_price), 0) as undercut_share,
    count(distinct seen.store_key) filter (seen.price_amount < visits.our_lowest_price)
        as stores_undercut
from seen
inner join visits using (distributor_key, store_key, audit_date, shelf_category)
inner join visit_counts using (distributor_key, shelf_category)
inner join marts.dim_distributor as distributors
    on seen.distributor_key = distributors.distributor_key and distributors.is_current
group by
    distributors.distributor_name, seen.shelf_category, seen.product_relation, seen.brand,
    seen.product_name, seen.product_key
order by undercut_share desc nulls last, price_index, distributor_name, shelf_category,
    seen.product_key

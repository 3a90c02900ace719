-- Q22 Which partners now compete with us?
-- Asked by: whoever negotiates with distributors and decides what they may know of us.
-- Shows, per distributor that is or was a partner: its relation now and before, since when; how
--   many of our categories it sells under its own label and how many of its shelves hold both
--   (of store visits by auditors in categories where we stand); what its label costs against us;
--   and the share of our sold units that goes through it.
-- Can't see: own labels of distributors that no list or audit names; plans that nobody wrote
--   down: the relation is what the company's people state, with its date.
with relations as (
    select
        distributor_key,
        arg_max(distributor_name, valid_from) as distributor_name,
        arg_max(relation, valid_from) as relation,
        max(valid_from) as relation_since,
        string_agg(relation, ' > ' order by valid_from) as relations
    from marts.dim_distributor
    where distributor_key <> -1
    group by distributor_key
),

visits as (
    select
        audits.distributor_key,
        audits.store_key,
        audits.audit_date,
        audits.shelf_category,
        bool_or(not audits.is_competitor_product) as has_ours,
        bool_or(labels.product_key is not null) as has_own_label,
        avg(audits.price_amount) filter (labels.product_key is not null)
            / avg(audits.price_amount) filter (not audits.is_competitor_product) as price_index
    from marts.fct_shelf_audit as audits
    left join marts.dim_product as labels
        on audits.product_key = labels.product_key and labels.product_relation = 'own_label'
    where audits.is_available
    group by audits.distributor_key, audits.store_key, audits.audit_date, audits.shelf_category
),

overlap as (
    select
        distributor_key,
        count(distinct shelf_category) filter (has_ours) as our_categories,
        count(distinct shelf_category) filter (has_ours and has_own_label)
            as categories_with_own_label,
        count(*) filter (has_ours and has_own_label) / nullif(count(*) filter (has_ours), 0)
            as shelves_with_own_label,
        avg(price_index) as own_label_price_index
    from visits
    group by distributor_key
),

sold as (
    select
        distributor_key,
        sum(sold_units) as sold_units,
        sum(sold_units) / sum(sum(sold_units)) over () as share_of_sold_units
    from marts.fct_ropo_monthly
    group by distributor_key
)

select
    relations.distributor_name,
    relations.relation,
    relations.relation_since,
    relations.relations,
    overlap.our_categories,
    overlap.categories_with_own_label,
    overlap.shelves_with_own_label,
    overlap.own_label_price_index,
    sold.sold_units,
    sold.share_of_sold_units
from relations
left join overlap using (distributor_key)
left join sold using (distributor_key)
where relations.relation <> 'own'
order by relations.relation <> 'ally' desc, sold_units desc, distributor_name

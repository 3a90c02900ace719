-- Q06 How much of sell-out belongs to a person that we know?
-- Asked by: whoever negotiates data with distributors and plans loyalty programmes.
-- Shows, per distributor: units and value that all shoppers bought, the share that people on
--   record bought (nothing where no baskets are shared), and how complete the feed is: days that
--   its reports cover out of those since its first, stores that report out of those that are
--   known and open, units without a value, rows whose quantity could not be counted in units.
-- Can't see: distributors that report nothing; who the others are: a card shows its holder, not
--   who else of the family bought.
with sell_out as (
    select sell_out.*
    from marts.fct_sell_out as sell_out
    inner join marts.dim_product as products using (product_key)
    where not products.is_competitor
),

periods as (
    select distinct distributor_key, period_start_date, period_end_date
    from sell_out
),

covered as (
    select
        periods.distributor_key,
        count(distinct days.date_day) as days_covered,
        max(periods.period_end_date) - min(periods.period_start_date) + 1 as days_in_range
    from periods
    inner join marts.dim_date as days
        on days.date_day between periods.period_start_date and periods.period_end_date
    group by periods.distributor_key
),

stores as (
    select distributor_key, count(*) as stores_known
    from marts.dim_store
    where place_type in ('physical_store', 'e_tailer') and closed_date is null
    group by distributor_key
)

select
    distributors.distributor_name,
    sum(sell_out.quantity_units) as sold_units,
    sum(sell_out.identified_units) as identified_units,
    coalesce(sum(sell_out.identified_units), 0) / nullif(sum(sell_out.quantity_units), 0)
        as identified_unit_share,
    sum(sell_out.sales_amount) as sold_amount,
    coalesce(sum(sell_out.identified_amount), 0) / nullif(sum(sell_out.sales_amount), 0)
        as identified_amount_share,
    bool_or(sell_out.identified_units is not null) as shares_baskets,
    any_value(covered.days_covered / covered.days_in_range) as days_covered_share,
    count(distinct sell_out.store_key) / nullif(any_value(stores.stores_known), 0)
        as stores_reporting_share,
    sum(sell_out.quantity_units) filter (sell_out.sales_amount is null) as units_without_value,
    count(*) filter (sell_out.unconverted_quantity is not null) as rows_not_in_units
from sell_out
inner join covered using (distributor_key)
left join stores using (distributor_key)
left join marts.dim_distributor as distributors
    on sell_out.distributor_key = distributors.distributor_key and distributors.is_current
group by distributors.distributor_name
order by sold_units desc, distributor_name

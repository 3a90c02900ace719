-- Q36 Do marketing and sales report the same number, and can we trust it?
-- Asked by: whoever sits between the heads of marketing and sales.
-- Shows, for each measure and its last three months: what marketing counts, what sales counts and
--   what the warehouse counts (each person once, by the first entry into the stage, in the market's
--   month); by what each side differs from the warehouse, cause by cause, so that its count and the
--   causes make the warehouse's count; and by what marketing's count exceeds that of sales, in the
--   same causes. Then, for each source and its last three months: rows, the shares of them that
--   were rejected or late, the share of key fields of leads that is filled in, and what puts the
--   source in doubt. Causes are explained in docs/one-number.md; each single difference stands in
--   fct_count_difference, with its lead and the row of the list.
-- Can't see: why a department left out what it left out (missing_in_report), leads behind a total
--   that lists none (not_listed), fields that are filled in wrongly.
with counts as (
    select
        measure,
        month_date,
        max(side_count) filter (where department = 'marketing' and has_report) as marketing_count,
        max(side_count) filter (where department = 'sales' and has_report) as sales_count,
        max(warehouse_count) as warehouse_count
    from marts.count_reconciliation_monthly
    where month_date > date '1900-01-01'
    group by measure, month_date
    qualify row_number() over (partition by measure order by month_date desc) <= 3
),

moved as (
    select department, measure, cause, side_month_date as month_date, -side_units as units
    from marts.fct_count_difference
    where side_month_date is not null
    union all
    select department, measure, cause, warehouse_month_date, warehouse_units
    from marts.fct_count_difference
    where warehouse_month_date is not null
),

caused as (
    select
        measure,
        month_date,
        cause,
        coalesce(sum(units) filter (where department = 'marketing'), 0) as marketing_units,
        coalesce(sum(units) filter (where department = 'sales'), 0) as sales_units
    from moved
    group by measure, month_date, cause
),

told as (
    select
        measure,
        month_date,
        string_agg(format('{} {:+d}', cause, marketing_units::bigint), ', ' order by cause)
            filter (where marketing_units <> 0) as marketing_to_warehouse,
        string_agg(format('{} {:+d}', cause, sales_units::bigint), ', ' order by cause)
            filter (where sales_units <> 0) as sales_to_warehouse,
        string_agg(format('{} {:+d}', cause, (sales_units - marketing_units)::bigint), ', ' order by cause)
            filter (where sales_units <> marketing_units) as marketing_above_sales
    from caused
    group by measure, month_date
),

sources as (
    select * from marts.source_quality_monthly
    qualify row_number() over (partition by source_name order by month_date desc) <= 3
)

select
    'count' as subject,
    counts.month_date,
    counts.measure,
    counts.marketing_count,
    counts.sales_count,
    counts.warehouse_count,
    told.marketing_to_warehouse,
    told.sales_to_warehouse,
    case when counts.marketing_count is not null and counts.sales_count is not null
        then told.marketing_above_sales end as marketing_above_sales,
    null as source_name,
    null as rows_read,
    null as rejected_pct,
    null as late_pct,
    null as lead_complete_pct,
    null as doubts
from counts
left join told on counts.measure = told.measure and counts.month_date = told.month_date
union all
select
    'source', month_date, null, null, null, null, null, null, null, source_name, rows_read,
    round(rejected_pct, 2), round(late_pct, 2), round(lead_complete_pct, 1), doubts
from sources
order by subject, measure, source_name, month_date

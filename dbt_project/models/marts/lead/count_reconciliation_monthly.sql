-- Grain: one row per department, measure and month of which the department speaks. Periodic
-- snapshot, rebuilt whole. side_count plus the signed causes is warehouse_count.
{% set causes = count_difference_causes() %}
with

reports as (
    select * from {{ ref('int_lead__counts_reported') }}
),

compared as (
    select * from {{ ref('int_lead__counts_compared') }}
),

moved as (
    select
        department,
        measure,
        side_month_date as month_date,
        cause,
        -side_units as units
    from compared
    where side_month_date is not null
    union all
    select
        department,
        measure,
        warehouse_month_date as month_date,
        cause,
        warehouse_units as units
    from compared
    where warehouse_month_date is not null
),

summed as (
    select
        department,
        measure,
        month_date,
        sum(case when cause = 'agreed' and units > 0 then units else 0 end) as agreed_count,
        {%- for cause in causes %}
        sum(case when cause = '{{ cause }}' then units else 0 end) as {{ cause }}_count
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from moved
    group by department, measure, month_date
)

select
    {{ surrogate_key(['reports.department', 'reports.measure', 'reports.month_date']) }}
        as count_reconciliation_key,
    reports.department,
    reports.measure,
    reports.month_date,
    reports.basis,
    reports.has_report,
    reports.reported_date,
    reports.side_count,
    {%- for cause in causes %}
    cast(coalesce(summed.{{ cause }}_count, 0) as bigint) as {{ cause }}_count,
    {%- endfor %}
    reports.warehouse_count,
    cast(coalesce(summed.agreed_count, 0) as bigint) as agreed_count
from reports
left join summed
    on reports.department = summed.department
    and reports.measure = summed.measure
    and reports.month_date = summed.month_date

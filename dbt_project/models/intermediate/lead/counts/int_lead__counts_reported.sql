-- Grain: one row per department, measure and month that it speaks of: its own count and the
-- warehouse's. A department that sends lists speaks of the months from its first list to its last
-- (has_report tells those without one); a rule speaks of every month with a lead. The number that
-- a list states in total holds; without one, that of its rows.
with

claims as (
    select * from {{ ref('int_lead__items_counted') }}
),

rules as (
    select * from {{ source('company', 'department_count') }}
),

entries as (
    select * from {{ ref('int_lead__stages_first_entered') }} where is_counted
),

claimed as (
    select
        department,
        measure,
        month_date,
        max(reported_date) as reported_date,
        sum(case when is_total then stated_count end) as total_units,
        sum(case when is_total then 0 else stated_count end) as listed_units
    from claims
    group by department, measure, month_date
),

lists as (
    select
        department,
        measure,
        min(month_date) as first_month,
        max(month_date) as last_month
    from claims
    where basis = 'list'
    group by department, measure
),

sides as (
    select
        department,
        measure,
        'list' as basis,
        first_month,
        last_month
    from lists
    union all
    select
        department,
        measure,
        'rule' as basis,
        date '1900-01-01' as first_month,
        date '9999-12-01' as last_month
    from rules
    where not exists (
        select 1
        from lists
        where lists.department = rules.department and lists.measure = rules.measure
    )
),

counted as (
    select
        measure,
        month_date,
        count(*) as warehouse_count
    from entries
    group by measure, month_date
),

months as (
    select measure, month_date from claims
    union
    select measure, month_date from counted
)

select
    sides.department,
    sides.measure,
    sides.basis,
    months.month_date,
    sides.basis = 'rule' or claimed.month_date is not null as has_report,
    claimed.reported_date,
    cast(coalesce(claimed.listed_units, 0) as bigint) as listed_units,
    cast(coalesce(claimed.total_units, claimed.listed_units, 0) as bigint) as side_count,
    coalesce(counted.warehouse_count, 0) as warehouse_count
from sides
inner join months
    on sides.measure = months.measure
    and months.month_date between sides.first_month and sides.last_month
left join claimed
    on sides.department = claimed.department
    and sides.measure = claimed.measure
    and months.month_date = claimed.month_date
left join counted
    on sides.measure = counted.measure and months.month_date = counted.month_date

-- ISO weeks of days that are known by hand; and the retail calendar: 4-4-5 weeks per quarter,
-- equal to ISO years and weeks for a company whose fiscal year is the calendar year.
with

dates as (
    select * from {{ ref('dim_date') }} where date_key <> 19000101
),

company as (
    select * from {{ source('company', 'company') }}
),

known_days as (
    select date '2004-12-31' as date_day, 2004 as iso_year, 53 as iso_week
    union all
    select date '2005-01-02', 2004, 53
    union all
    select date '2005-01-03', 2005, 1
    union all
    select date '2020-12-31', 2020, 53
    union all
    select date '2024-12-30', 2025, 1
),

period_weeks as (
    select
        retail_year,
        retail_period,
        count(distinct retail_week) as weeks
    from dates
    where retail_year > (select min(retail_year) from dates)
        and retail_year < (select max(retail_year) from dates)
    group by retail_year, retail_period
)

select 'iso week' as what, dates.date_day as day
from dates
inner join known_days on dates.date_day = known_days.date_day
where dates.iso_year <> known_days.iso_year or dates.iso_week <> known_days.iso_week
union all
select 'retail week', dates.date_day
from dates
cross join company
where company.fiscal_year_start_month = 1
    and (dates.retail_year <> dates.iso_year or dates.retail_week <> dates.iso_week)
union all
select 'weeks of a period', null
from period_weeks
where weeks not in (
    case when retail_period % 3 = 0 then 5 else 4 end,
    case when retail_period = 12 then 6 else 4 + case when retail_period % 3 = 0 then 1 else 0 end end
)
union all
select 'day missing', null
where (select count(*) from dates)
    <> (select {{ days_between('min(date_day)', 'max(date_day)') }} + 1 from dates)

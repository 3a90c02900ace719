-- Grain: one row per instant at which the pipeline is forecast: the time until which the data speaks
-- (is_latest), and the latest month ends before it (in the company's time zone; as many as the
-- company's rules say) since the first deal or lead entered a stage. as_of_date is the last day
-- that counts.
with

companies as (
    select time_zone from {{ source('company', 'company') }}
),

as_of as (
    select
        known.as_of_at,
        companies.time_zone,
        {{ business_date('known.as_of_at', 'companies.time_zone') }} as as_of_date
    from {{ ref('int_lead__as_of') }} as known
    cross join companies
),

entered as (
    select min(entered_at) as first_entered_at from {{ ref('int_lead__pipeline_entries') }}
),

spanned as (
    select
        as_of.as_of_date,
        {{ business_date('entered.first_entered_at', 'as_of.time_zone') }} as first_date
    from as_of
    cross join entered
),

days as (
    {{ day_series('(select first_date from spanned)', '(select as_of_date from spanned)') }}
),

month_ends as (
    select
        {{ utc_time(dbt.dateadd('day', 1, 'cast(days.day as timestamp)'), 'as_of.time_zone') }}
            as as_of_at,
        days.day as as_of_date
    from days
    cross join as_of
    where days.day = {{ dbt.last_day('days.day', 'month') }}
),

past as (
    select
        month_ends.*,
        row_number() over (order by month_ends.as_of_at desc) as months_ago
    from month_ends
    cross join as_of
    where month_ends.as_of_at < as_of.as_of_at
)

select
    past.as_of_at,
    past.as_of_date,
    false as is_latest
from past
cross join {{ source('company', 'funnel') }} as rules
where past.months_ago <= rules.backtest_months
union all
select
    as_of_at,
    as_of_date,
    true as is_latest
from as_of

-- Grain: one row per instant at which the pipeline is forecast: the end of each month (in the
-- company's time zone) since the first deal or lead entered a stage, and the time until which the
-- data speaks (is_latest). as_of_date is the last day that counts.
with

as_of as (
    select
        known.as_of_at,
        companies.time_zone,
        {{ business_date('known.as_of_at', 'companies.time_zone') }} as as_of_date
    from {{ ref('int_lead__as_of') }} as known
    cross join {{ source('company', 'company') }} as companies
),

first_entry as (
    select min(entered_at) as entered_at from {{ ref('int_lead__pipeline_entries') }}
),

days as (
    {{ day_series(
        '(select ' ~ business_date('first_entry.entered_at', 'as_of.time_zone')
        ~ ' from first_entry cross join as_of)',
        '(select as_of_date from as_of)'
    ) }}
),

month_ends as (
    select
        {{ utc_time(dbt.dateadd('day', 1, 'cast(days.day as timestamp)'), 'as_of.time_zone') }}
            as as_of_at,
        days.day as as_of_date
    from days
    cross join as_of
    where days.day = {{ dbt.last_day('days.day', 'month') }}
)

select
    month_ends.as_of_at,
    month_ends.as_of_date,
    false as is_latest
from month_ends
cross join as_of
where month_ends.as_of_at < as_of.as_of_at
union all
select
    as_of_at,
    as_of_date,
    true as is_latest
from as_of

{#
    Grain: day, from 2000 (or the company's first year) to two years after its last, and the
    unknown member (1900-01-01). ISO weeks; fiscal months by the company's fiscal year; and a
    retail calendar of 4-4-5 weeks whose year begins on the Monday nearest to the first day of
    the fiscal year, with a 53rd week in its last period where the year has one.
#}
with company as (
    select * from {{ source('company', 'company') }}
),

holidays as (
    select * from {{ source('company', 'holiday') }}
),

range_of_days as (
    select
        least(date '2000-01-01', {{ first_of_month('extract(year from start_date)', 1) }})
            as first_day,
        {{ days_after(
            first_of_month('extract(year from greatest(end_date, current_date)) + 3', 1), -1
        ) }} as last_day,
        cast(fiscal_year_start_month as integer) as fiscal_start_month,
    from company
),

days as (
    select
        fiscal_start_month,
        day,
    from range_of_days
    cross join lateral ({{ day_series('first_day', 'last_day') }}) as series
),

{# The retail year that begins in a calendar year begins on the Monday nearest to the first. #}
retail_years as (
    select
        retail_year_begin_year,
        {{ monday_of(days_after('first_day', 3)) }} as retail_year_start,
    from (
        select distinct
            extract(year from day) as retail_year_begin_year,
            {{ first_of_month('extract(year from day)', 'fiscal_start_month') }} as first_day,
        from days
        union
        select
            min(extract(year from day)) - 1,
            {{ first_of_month('min(extract(year from day)) - 1', 'min(fiscal_start_month)') }},
        from days
    ) as years
),

retail_ranges as (
    select
        *,
        lead(retail_year_start, 1, date '9999-12-31') over (order by retail_year_start)
            as next_retail_year_start,
    from retail_years
),

holidays_of_day as (
    select
        holiday_date,
        {{ dbt.listagg('distinct market_code', "' > '", 'order by market_code') }}
            as holiday_markets,
        {{ dbt.listagg('distinct holiday_name', "' > '", 'order by holiday_name') }}
            as holiday_names,
    from holidays
    group by holiday_date
),

placed as (
    select
        days.day,
        days.fiscal_start_month,
        (extract(month from days.day) - days.fiscal_start_month + 12) % 12 + 1 as fiscal_month,
        extract(year from days.day)
        + case
            when days.fiscal_start_month > 1
                and extract(month from days.day) >= days.fiscal_start_month then 1
            else 0
        end as fiscal_year,
        retail_ranges.retail_year_begin_year
        + case when days.fiscal_start_month > 1 then 1 else 0 end as retail_year,
        cast(
            floor({{ days_between('retail_ranges.retail_year_start', 'days.day') }} / 7.0)
            as integer
        ) + 1 as retail_week,
        {{ monday_of('days.day') }} as week_start_date,
        holidays_of_day.holiday_markets,
        holidays_of_day.holiday_names,
    from days
    inner join retail_ranges
        on days.day >= retail_ranges.retail_year_start
        and days.day < retail_ranges.next_retail_year_start
    left join holidays_of_day on days.day = holidays_of_day.holiday_date
),

dim_date as (
    select
        cast({{ date_key('day') }} as integer) as date_key,
        day as date_day,
        cast(extract(year from day) as integer) as calendar_year,
        cast(extract(quarter from day) as integer) as calendar_quarter,
        cast(extract(month from day) as integer) as calendar_month,
        {{ month_name('day') }} as month_name,
        {{ first_of_month('extract(year from day)', 'extract(month from day)') }}
            as month_start_date,
        cast(extract(day from day) as integer) as day_of_month,
        cast({{ days_between('week_start_date', 'day') }} as integer) + 1 as iso_day_of_week,
        {{ day_name('day') }} as day_name,
        cast(extract(year from {{ days_after('week_start_date', 3) }}) as integer) as iso_year,
        cast(extract(week from day) as integer) as iso_week,
        week_start_date,
        {{ days_between('week_start_date', 'day') }} >= 5 as is_weekend,
        cast(fiscal_year as integer) as fiscal_year,
        cast(floor((fiscal_month - 1) / 3.0) as integer) + 1 as fiscal_quarter,
        cast(fiscal_month as integer) as fiscal_month,
        cast(retail_year as integer) as retail_year,
        cast(least(floor((retail_week - 1) / 13.0), 3) as integer) + 1 as retail_quarter,
        cast(
            least(floor((retail_week - 1) / 13.0), 3) * 3
            + case
                when retail_week - least(floor((retail_week - 1) / 13.0), 3) * 13 <= 4 then 1
                when retail_week - least(floor((retail_week - 1) / 13.0), 3) * 13 <= 8 then 2
                else 3
            end as integer
        ) as retail_period,
        retail_week,
        holiday_markets is not null as is_holiday_anywhere,
        holiday_markets,
        holiday_names,
    from placed
    union all
    select
        19000101, date '1900-01-01', 1900, 1, 1, 'Unknown', date '1900-01-01', 1, 1, 'Unknown',
        1900, 1, date '1900-01-01', false, 1900, 1, 1, 1900, 1, 1, 1, false, null, null
)

select * from dim_date

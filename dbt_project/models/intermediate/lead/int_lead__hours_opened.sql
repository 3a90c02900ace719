-- Grain: one row per calendar and open interval. Calendar '*' stands for records whose market has
-- no working hours of its own: that of the market in the company's time zone, else of the first
-- market; a company without any working hours is always open.
with

hours as (
    select * from {{ source('company', 'business_hours') }}
),

markets as (
    select * from {{ source('company', 'market') }}
),

companies as (
    select * from {{ source('company', 'company') }}
),

main_market as (
    select markets.market_code
    from markets
    left join companies on markets.time_zone = companies.time_zone
    where markets.market_code in (select market_code from hours)
    order by case when companies.time_zone is null then 1 else 0 end, markets.market_code
    limit 1
),

intervals as (
    select
        market_code as calendar_code,
        opens_at,
        closes_at,
        minutes_before * 60 as seconds_before
    from hours
    union all
    select
        '*' as calendar_code,
        opens_at,
        closes_at,
        minutes_before * 60 as seconds_before
    from hours
    where market_code in (select market_code from main_market)
    union all
    select
        '*' as calendar_code,
        timestamp '1900-01-02 00:00:00' as opens_at,
        timestamp '9999-12-31 00:00:00' as closes_at,
        0 as seconds_before
    where not exists (select 1 from main_market)
),

calendars as (
    select distinct calendar_code from intervals
),

-- Before all others comes an interval of no length, so that every instant finds one that has begun.
begun as (
    select
        calendar_code,
        opens_at,
        closes_at,
        cast(seconds_before as bigint) as seconds_before
    from intervals
    union all
    select
        calendar_code,
        timestamp '1900-01-01 00:00:00' as opens_at,
        timestamp '1900-01-01 00:00:00' as closes_at,
        cast(-1 as bigint) as seconds_before
    from calendars
)

select
    calendar_code,
    opens_at,
    closes_at,
    seconds_before,
    {{ dbt.datediff('opens_at', 'closes_at', 'second') }} as seconds_open,
    coalesce(
        lead(opens_at) over (partition by calendar_code order by opens_at),
        timestamp '9999-12-31 00:00:00'
    ) as next_opens_at,
    coalesce(
        lead(seconds_before) over (partition by calendar_code order by opens_at),
        cast(9223372036854775807 as bigint)
    ) as next_seconds_before
from begun

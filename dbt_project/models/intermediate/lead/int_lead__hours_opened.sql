-- Grain: one row per calendar, day in UTC and open interval that rules on it: from its opening until
-- the next one. Calendar '*' stands for records whose market has no working hours of its own: that
-- of the market in the company's time zone, else of the first market; a company without any working
-- hours is always open. Calendar 'always' is, for promises in calendar time. Outside the days of a
-- calendar there are no rows: open time is unknown there, not none.
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

always as (
    select
        timestamp '1990-01-01 00:00:00' as known_from,
        timestamp '2060-01-01 00:00:00' as known_to
),

always_open as (
    select
        known_from as opens_at,
        known_from as closes_at
    from always
    union all
    select
        known_from as opens_at,
        known_to as closes_at
    from always
    union all
    select
        known_to as opens_at,
        known_to as closes_at
    from always
),

intervals as (
    select
        market_code as calendar_code,
        opens_at,
        closes_at
    from hours
    union all
    select
        '*' as calendar_code,
        opens_at,
        closes_at
    from hours
    where market_code in (select market_code from main_market)
    union all
    select
        '*' as calendar_code,
        opens_at,
        closes_at
    from always_open
    where not exists (select 1 from main_market)
    union all
    select
        'always' as calendar_code,
        opens_at,
        closes_at
    from always_open
)

select * from ({{ hours_by_day('intervals') }}) as hours_by_day

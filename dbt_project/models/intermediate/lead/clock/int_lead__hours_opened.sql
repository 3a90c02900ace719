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
    where market_code = coalesce((select market_code from main_market), 'always')
)

select * from ({{ hours_by_day('intervals') }}) as hours_by_day

-- Grain: one row per service ticket, deleted ones included, with its calendar and business day.
with

tickets as (
    select * from {{ ref('int_lead__tickets_unioned') }}
),

markets as (
    select * from {{ source('company', 'market') }}
),

companies as (
    select * from {{ source('company', 'company') }}
),

calendars as (
    select distinct calendar_code from {{ ref('int_lead__hours_opened') }}
)

select
    tickets.*,
    coalesce(calendars.calendar_code, '*') as calendar_code,
    coalesce(markets.time_zone, companies.time_zone) as time_zone,
    {{ business_date('tickets.created_at', 'coalesce(markets.time_zone, companies.time_zone)') }}
        as opened_date
from tickets
cross join companies
left join markets on tickets.market_code = markets.market_code
left join calendars on tickets.market_code = calendars.calendar_code

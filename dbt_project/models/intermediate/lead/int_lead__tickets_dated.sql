-- Grain: one row per service ticket, deleted ones included, with its calendar and business day.
with

cases as (
    select * from {{ ref('stg_salesforce__cases') }}
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
    cases.*,
    'salesforce.case:' || cases.case_id as ticket_code,
    coalesce(calendars.calendar_code, '*') as calendar_code,
    coalesce(markets.time_zone, companies.time_zone) as time_zone,
    {{ business_date('cases.created_at', 'coalesce(markets.time_zone, companies.time_zone)') }}
        as opened_date
from cases
cross join companies
left join markets on cases.market_code = markets.market_code
left join calendars on cases.market_code = calendars.calendar_code

-- Grain: one row per service ticket, deleted ones included, with its calendar and business day:
-- tickets of any CRM, and conversations on the brand's social profiles for which none was opened.
with

crm_tickets as (
    select * from {{ ref('int_lead__tickets_unioned') }}
),

conversations as (
    select * from {{ ref('int_lead__conversations_found') }} where case_ticket_code is null
),

as_of as (
    select * from {{ ref('int_lead__as_of') }}
),

tickets as (
    select * from crm_tickets
    union all
    select
        ticket_code,
        'social' as system,
        'social' as source_name,
        'social' as channel_system,
        message_id as case_id,
        null as case_number,
        true as is_person_known,
        record_id,
        null as supplied_email,
        null as supplied_phone,
        platform || '/' || profile_id as social_profile_id,
        platform as origin,
        null as case_type,
        topic,
        sentiment,
        case
            when over_at is null then 'open'
            when over_at <= as_of.as_of_at then 'over'
            else 'answered'
        end as status,
        null as priority,
        null as owner_id,
        employee_code,
        null as order_number,
        null as gtin,
        market_code,
        case when over_at <= as_of.as_of_at then last_answer_at end as closed_at,
        false as is_deleted,
        created_at,
        updated_at,
        load_id
    from conversations
    cross join as_of
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

-- Grain: one row per counted lead that is still open (neither won, lost nor rejected) as of the
-- time until which the CRM's data speaks. Periodic snapshot of that one instant; rebuilt whole. Ages
-- without a known beginning are null and in band 'unknown'. Recycled leads are open: marketing has
-- them again.
with

leads as (
    select * from {{ ref('fct_lead') }}
    where is_counted and current_stage not in ('won', 'lost', 'rejected')
),

standings as (
    select
        lead_key,
        stage,
        case when is_time_stated then entered_at end as entered_at,
        row_number() over (partition by lead_key order by entry_number desc) as place_from_end
    from {{ ref('fct_lead_stage') }}
),

calendars as (
    select
        lead_code,
        calendar_code
    from {{ ref('int_lead__leads_unioned') }}
),

bands as (
    select * from {{ source('company', 'age_band') }}
),

as_of as (
    select as_of_at from {{ ref('int_lead__as_of') }}
),

aged as (
    select
        leads.*,
        calendars.calendar_code,
        as_of.as_of_at,
        standings.entered_at as stage_entered_at,
        {{ days_from(
            'standings.entered_at', 'greatest(as_of.as_of_at, standings.entered_at)'
        ) }} as days_in_stage,
        {{ days_from('leads.captured_at', 'greatest(as_of.as_of_at, leads.captured_at)') }}
            as days_since_capture
    from leads
    cross join as_of
    inner join calendars on leads.lead_id = calendars.lead_code
    left join standings on leads.lead_key = standings.lead_key and standings.place_from_end = 1
)

select
    aged.lead_key,
    aged.customer_key,
    aged.channel_key,
    aged.campaign_key,
    aged.employee_key,
    aged.department,
    aged.market_code,
    aged.lead_source,
    aged.is_inferred,
    aged.current_stage as stage,
    cast({{ lead_stage_rank('aged.current_stage') }} as integer) as stage_rank,
    aged.status,
    aged.as_of_at,
    aged.captured_at,
    aged.stage_entered_at,
    aged.first_attempt_at,
    aged.first_contact_at,
    aged.days_since_capture,
    coalesce(age.age_band, 'unknown') as age_band,
    coalesce(age.band_number, 0) as age_band_number,
    aged.days_in_stage,
    coalesce(stay.age_band, 'unknown') as stage_age_band,
    coalesce(stay.band_number, 0) as stage_age_band_number,
    case when aged.stage_entered_at is not null then
        greatest(
            {{ open_seconds_at('read', 'aged.as_of_at') }}
            - {{ open_seconds_at('entered', 'aged.stage_entered_at') }}, 0
        ) / 3600.0
    end as business_hours_in_stage,
    aged.open_amount,
    aged.load_id
from aged
left join bands as age
    on aged.days_since_capture >= age.from_days
    and (age.to_days is null or aged.days_since_capture < age.to_days)
left join bands as stay
    on aged.days_in_stage >= stay.from_days
    and (stay.to_days is null or aged.days_in_stage < stay.to_days)
{{ open_seconds_joins(
    'aged.calendar_code', {'read': 'aged.as_of_at', 'entered': 'aged.stage_entered_at'}
) }}

-- Grain: one row per counted lead and stage that it has been in, with the first time it entered it
-- (null where nobody states one) and the open seconds of its calendar until then.
with

leads as (
    select * from {{ ref('fct_lead') }} where is_counted
),

entries as (
    select * from {{ ref('fct_lead_stage') }} where is_counted and stage <> 'unmapped'
),

calendars as (
    select
        lead_code,
        calendar_code,
        time_zone
    from {{ ref('int_lead__leads_unioned') }}
),

firsts as (
    select
        lead_key,
        stage,
        stage_rank,
        min(case when is_time_stated then entered_at end) as entered_at
    from entries
    group by lead_key, stage, stage_rank
)

select
    firsts.lead_key,
    firsts.stage,
    firsts.stage_rank,
    {{ lead_outcome('firsts.stage') }} as outcome,
    firsts.entered_at,
    {{ business_date('firsts.entered_at', 'calendars.time_zone') }} as entered_date,
    {{ open_seconds_at('entered', 'firsts.entered_at') }} as open_seconds
from firsts
inner join leads on firsts.lead_key = leads.lead_key
inner join calendars on leads.lead_id = calendars.lead_code
{{ open_seconds_joins('calendars.calendar_code', {'entered': 'firsts.entered_at'}) }}

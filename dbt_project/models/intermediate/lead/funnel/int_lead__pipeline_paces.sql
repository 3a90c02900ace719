-- Grain: one row per kind of record, stage (in its CRM's words) and age in whole days of what is
-- under way now: how long those took to be won that took longer than that.
with

visits as (
    select * from {{ ref('int_lead__pipeline_visits') }}
),

under_way as (
    select * from {{ ref('int_lead__pipeline_forecast') }} where is_latest
),

ages as (
    select distinct
        record_kind,
        source_name,
        stage,
        age_days
    from under_way
    where age_days is not null
),

durations as (
    select
        visits.record_kind,
        visits.source_name,
        visits.stage,
        visits.days_to_end as days_to_win
    from visits
    inner join {{ ref('int_lead__forecast_instants') }} as instants
        on visits.as_of_at = instants.as_of_at
    where instants.is_latest and visits.outcome = 'won' and visits.days_to_end is not null
),

paces as (
    {{ days_still_expected('ages', 'durations', ['record_kind', 'source_name', 'stage']) }}
)

select * from paces

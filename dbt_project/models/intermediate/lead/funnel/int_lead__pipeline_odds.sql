-- Grain: one row per instant of the forecast, kind of record and stage: in one CRM's own words
-- (basis 'stage'), and of the funnel over all CRMs (basis 'funnel_stage', source '(all)'). Only
-- what was known at the instant counts.
with

rules as (
    select min_ended_count from {{ source('company', 'funnel') }}
),

visits as (
    select * from {{ ref('int_lead__pipeline_visits') }}
),

funnel_visits as (
    select
        as_of_at,
        record_kind,
        record_code,
        '(all)' as source_name,
        funnel_stage as stage,
        outcome,
        min(first_entered_at) as first_entered_at,
        max(ended_at) as ended_at
    from visits
    group by as_of_at, record_kind, record_code, funnel_stage, outcome
),

all_visits as (
    select
        'stage' as basis,
        as_of_at,
        record_kind,
        source_name,
        stage,
        outcome,
        days_to_end
    from visits
    union all
    select
        'funnel_stage' as basis,
        as_of_at,
        record_kind,
        source_name,
        stage,
        outcome,
        {{ days_from('first_entered_at', 'ended_at') }} as days_to_end
    from funnel_visits
),

odds as (
    {{ stage_odds(
        'all_visits', ['as_of_at', 'basis', 'record_kind', 'source_name', 'stage'],
        ['as_of_at', 'basis', 'record_kind', 'source_name'], '(select min_ended_count from rules)'
    ) }}
),

paces as (
    select
        as_of_at,
        basis,
        record_kind,
        source_name,
        stage,
        {{ quantile_of('days_to_end', 0.5) }} as median_days_to_win
    from all_visits
    where outcome = 'won'
    group by as_of_at, basis, record_kind, source_name, stage
)

select
    odds.*,
    instants.as_of_date,
    instants.is_latest,
    paces.median_days_to_win
from odds
inner join {{ ref('int_lead__forecast_instants') }} as instants
    on odds.as_of_at = instants.as_of_at
left join paces
    on odds.as_of_at = paces.as_of_at
    and odds.basis = paces.basis
    and odds.record_kind = paces.record_kind
    and odds.source_name = paces.source_name
    and odds.stage = paces.stage

-- Grain: one row per instant of the forecast, stage (in its CRM's words) and whole days since the
-- first time in it, as long as enough leads or deals were under way that long: their odds from then
-- on. Only what was known at the instant counts.
with

visits as (
    select * from {{ ref('int_lead__pipeline_visits') }} where first_entered_at is not null
),

stays as (
    select
        as_of_at,
        record_kind,
        source_name,
        stage,
        outcome,
        {{ days_begun('first_entered_at', 'coalesce(ended_at, as_of_at)') }} as days
    from visits
    where outcome = 'open' or ended_at is not null
),

life as (
    {{ life_table('stays', ['as_of_at', 'record_kind', 'source_name', 'stage']) }}
),

odds as (
    {{ odds_by_age('life', ['as_of_at', 'record_kind', 'source_name', 'stage']) }}
)

select
    odds.as_of_at,
    odds.record_kind,
    odds.source_name,
    odds.stage,
    odds.days,
    odds.at_risk_count,
    odds.win_odds_at_age
from odds
cross join {{ source('company', 'funnel') }} as rules
where odds.at_risk_count >= rules.min_ended_count

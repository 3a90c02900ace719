-- Grain: one row per instant of the forecast and deal, or lead that no deal stands for, that was
-- under way at it, with the odds known at it: those of its stage in its CRM's words where enough
-- have ended, else those of its stage of the funnel in all CRMs, else none (basis 'unknown'); beside
-- them those of its age in the stage, or of the highest age that enough had reached.
-- Amounts are those that the CRM tells today: it keeps no history of them.
with

standings as (
    select * from {{ ref('int_lead__pipeline_standings') }} where outcome = 'open'
),

visits as (
    select * from {{ ref('int_lead__pipeline_visits') }}
),

odds as (
    select * from {{ ref('int_lead__pipeline_odds') }} where is_trusted
),

deals as (
    select * from {{ ref('int_lead__deals_unioned') }}
),

leads as (
    select * from {{ ref('fct_lead') }}
),

ages as (
    select * from {{ ref('int_lead__pipeline_ages') }}
),

oldest as (
    select
        as_of_at,
        record_kind,
        source_name,
        stage,
        max(days) as days
    from ages
    group by as_of_at, record_kind, source_name, stage
),

under_way as (
    select
        standings.as_of_at,
        standings.is_latest,
        standings.record_kind,
        standings.record_code,
        standings.source_name,
        standings.stage,
        standings.funnel_stage,
        visits.first_entered_at as stage_first_entered_at,
        {{ days_begun('visits.first_entered_at', 'standings.as_of_at') }} as age_days,
        deals.amount
    from standings
    inner join visits
        on standings.as_of_at = visits.as_of_at
        and standings.record_code = visits.record_code
        and standings.stage = visits.stage
    left join deals on standings.record_code = deals.deal_code
    left join leads on standings.record_code = leads.lead_id and standings.record_kind = 'lead'
    where standings.record_kind = 'deal'
        or standings.stage <> 'opportunity'
        or leads.deal_count = 0
)

select
    under_way.*,
    coalesce(own.basis, shared.basis, 'unknown') as odds_basis,
    coalesce(own.ended_count, shared.ended_count, 0) as odds_ended_count,
    case when own.basis is not null then own.win_odds else shared.win_odds end as win_odds,
    case when own.basis is not null then own.win_odds_low else shared.win_odds_low end
        as win_odds_low,
    case when own.basis is not null then own.win_odds_high else shared.win_odds_high end
        as win_odds_high,
    ages.at_risk_count,
    ages.win_odds_at_age
from under_way
left join odds as own
    on own.basis = 'stage'
    and under_way.as_of_at = own.as_of_at
    and under_way.record_kind = own.record_kind
    and under_way.source_name = own.source_name
    and under_way.stage = own.stage
left join odds as shared
    on shared.basis = 'funnel_stage'
    and under_way.as_of_at = shared.as_of_at
    and under_way.record_kind = shared.record_kind
    and under_way.funnel_stage = shared.stage
left join oldest
    on under_way.as_of_at = oldest.as_of_at
    and under_way.record_kind = oldest.record_kind
    and under_way.source_name = oldest.source_name
    and under_way.stage = oldest.stage
left join ages
    on oldest.as_of_at = ages.as_of_at
    and oldest.record_kind = ages.record_kind
    and oldest.source_name = ages.source_name
    and oldest.stage = ages.stage
    and least(under_way.age_days, oldest.days) = ages.days

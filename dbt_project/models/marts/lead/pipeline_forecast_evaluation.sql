-- Grain: one row per past month end, kind of record, source and stage in which something was under
-- way then: what the forecast of that day said (from what was known by then) and what came of it
-- until now. Periodic snapshot; late history changes past rows. Rebuilt whole.
with

forecast as (
    select * from {{ ref('int_lead__pipeline_forecast') }} where not is_latest
),

instants as (
    select * from {{ ref('int_lead__forecast_instants') }}
),

outcomes as (
    select
        record_code,
        outcome
    from {{ ref('int_lead__pipeline_standings') }}
    where is_latest
),

joined as (
    select
        forecast.*,
        outcomes.outcome,
        forecast.win_odds is not null as is_foretold,
        case when forecast.win_odds is not null then forecast.amount end as foretold_amount
    from forecast
    inner join outcomes on forecast.record_code = outcomes.record_code
),

summed as (
    select
        as_of_at,
        record_kind,
        source_name,
        stage,
        odds_basis,
        odds_ended_count,
        win_odds,
        win_odds_low,
        win_odds_high,
        count(*) as under_way_count,
        count(case when is_foretold then 1 end) as foretold_count,
        count(win_odds_at_age) as aged_count,
        cast({{ exact_sum('win_odds_at_age') }} as double) as expected_won_count_at_age,
        count(case when outcome = 'won' then 1 end) as won_count,
        count(case when outcome = 'lost' then 1 end) as lost_count,
        count(case when outcome = 'open' then 1 end) as still_open_count,
        cast({{ exact_sum('amount') }} as double) as amount,
        cast({{ exact_sum('foretold_amount') }} as double) as foretold_amount,
        cast({{ exact_sum('amount * win_odds_at_age') }} as double) as expected_amount_at_age,
        cast({{ exact_sum("case when outcome = 'won' then foretold_amount end") }} as double)
            as won_foretold_amount
    from joined
    group by
        as_of_at,
        record_kind,
        source_name,
        stage,
        odds_basis,
        odds_ended_count,
        win_odds,
        win_odds_low,
        win_odds_high
),

spread as (
    select
        *,
        win_odds * foretold_count as expected_won_count,
        sqrt({{ forecast_variance('foretold_count', 'foretold_count') }}) as expected_won_deviation
    from summed
),

bounded as (
    select
        *,
        case when foretold_count > 0 then
            greatest(0, expected_won_count - {{ normal_95() }} * expected_won_deviation)
        end as expected_won_low,
        case when foretold_count > 0 then
            least(foretold_count, expected_won_count + {{ normal_95() }} * expected_won_deviation)
        end as expected_won_high
    from spread
)

select
    {{ surrogate_key([
        'bounded.as_of_at', 'bounded.record_kind', 'bounded.source_name', 'bounded.stage'
    ]) }} as forecast_evaluation_key,
    bounded.as_of_at,
    instants.as_of_date,
    cast({{ date_key('instants.as_of_date') }} as integer) as as_of_date_key,
    bounded.record_kind,
    bounded.source_name,
    bounded.stage,
    bounded.odds_basis,
    bounded.odds_ended_count,
    bounded.win_odds,
    bounded.under_way_count,
    bounded.foretold_count,
    bounded.expected_won_count,
    bounded.expected_won_low,
    bounded.expected_won_high,
    bounded.expected_won_deviation,
    bounded.aged_count,
    bounded.expected_won_count_at_age,
    bounded.won_count,
    bounded.lost_count,
    bounded.still_open_count,
    case
        when bounded.foretold_count = 0 then null
        when bounded.won_count > bounded.expected_won_high then false
        when bounded.won_count + bounded.still_open_count < bounded.expected_won_low then false
        when bounded.still_open_count = 0 then true
    end as is_within_bounds,
    bounded.amount,
    bounded.win_odds * bounded.foretold_amount as expected_amount,
    bounded.expected_amount_at_age,
    bounded.won_foretold_amount as won_amount
from bounded
inner join instants on bounded.as_of_at = instants.as_of_at

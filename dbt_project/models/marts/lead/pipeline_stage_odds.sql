-- Grain: one row per instant (month ends, and the time until which the data speaks), kind of record
-- and stage under way. Periodic snapshot: of the leads or deals that had been in the stage and had
-- ended by then, the share that was won. Rows of past instants know only what had happened by then;
-- late history changes them. Rebuilt whole.
with

odds as (
    select * from {{ ref('int_lead__pipeline_odds') }}
)

select
    {{ surrogate_key(['as_of_at', 'basis', 'record_kind', 'source_name', 'stage']) }}
        as stage_odds_key,
    as_of_at,
    as_of_date,
    cast({{ date_key('as_of_date') }} as integer) as as_of_date_key,
    is_latest,
    record_kind,
    basis,
    source_name,
    stage,
    entered_count,
    open_count,
    ended_count,
    won_count,
    lost_count,
    win_odds,
    win_odds_low,
    win_odds_high,
    is_trusted,
    median_days_to_win
from odds

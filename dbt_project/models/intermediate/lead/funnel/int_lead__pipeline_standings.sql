-- Grain: one row per instant of the forecast and lead or deal that had begun by then, with the
-- stage in which it stood. What happened at the instant or later is not known at it; what has no
-- known time is known at the latest only.
with

entries as (
    select * from {{ ref('int_lead__pipeline_entries') }}
),

instants as (
    select * from {{ ref('int_lead__forecast_instants') }}
),

standings as (
    {{ records_standing('entries', 'instants', 'record_code') }}
)

select * from standings

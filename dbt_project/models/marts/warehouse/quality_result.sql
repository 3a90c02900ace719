-- Grain: one row per check and run. Transaction fact: results are never changed.
-- A view, so that a build that is published carries the results of its own gate.
{{ config(materialized='view') }}

with

results as (
    select * from {{ source('quality', 'result') }}
)

select
    {{ surrogate_key(['run_id', 'gate', 'asset', 'check_name']) }} as quality_result_key,
    run_id,
    run_at,
    gate,
    asset,
    check_name,
    expectation_type,
    severity,
    success as is_passed,
    rows_evaluated,
    rows_failed,
    observed_value,
    description
from results

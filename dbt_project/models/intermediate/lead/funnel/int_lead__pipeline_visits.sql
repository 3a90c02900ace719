-- Grain: one row per instant of the forecast, lead or deal, and stage under way in which it had
-- been by then, with what had become of it by then.
with

entries as (
    select * from {{ ref('int_lead__pipeline_entries') }}
),

standings as (
    select * from {{ ref('int_lead__pipeline_standings') }}
),

visits as (
    {{ stage_visits(
        'entries', 'standings', 'record_code',
        ['record_kind', 'source_name', 'stage', 'funnel_stage']
    ) }}
)

select
    *,
    {{ days_from('first_entered_at', 'ended_at') }} as days_to_end
from visits

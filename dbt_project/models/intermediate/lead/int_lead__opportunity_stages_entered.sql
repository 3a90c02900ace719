-- Grain: one row per entry of a deal (opportunity) into a stage, as its history tells.
with

history as (
    select * from {{ ref('int_lead__changes_unioned') }}
    where record_kind = 'deal' and field = 'stage'
),

stages as (
    select * from {{ ref('int_lead__stages_named') }} where record_kind = 'opportunity'
)

select
    history.change_id,
    history.record_code as deal_code,
    coalesce(of_source.stage, of_system.stage, 'unmapped') as stage,
    history.new_value as status,
    history.changed_by_code,
    history.changed_at as entered_at,
    history.load_id
from history
left join stages as of_source
    on history.source_name = of_source.system and lower(history.new_value) = of_source.status_key
left join stages as of_system
    on history.system = of_system.system and lower(history.new_value) = of_system.status_key
where history.new_value is not null

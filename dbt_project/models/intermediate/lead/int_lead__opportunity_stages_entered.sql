-- Grain: one row per entry of a Salesforce opportunity into a stage, as its history tells.
with

history as (
    select * from {{ ref('stg_salesforce__opportunity_field_history') }} where field = 'stagename'
),

stages as (
    select * from {{ ref('int_lead__stages_named') }} where record_kind = 'opportunity'
)

select
    history.change_id,
    history.opportunity_id,
    coalesce(stages.stage, 'unmapped') as stage,
    history.new_value as status,
    history.changed_by_id,
    history.changed_at as entered_at,
    history.load_id
from history
left join stages
    on stages.system = 'salesforce' and lower(history.new_value) = stages.status_key
where history.new_value is not null

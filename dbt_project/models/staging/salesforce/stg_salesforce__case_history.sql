-- Grain: one row per tracked change of a case's field. Late rows take their own time.
with

changes as (
    {{ latest_version(source('salesforce', 'case_history'), ['id']) }}
)

select
    id as change_id,
    case_id,
    lower(trim(field)) as field,
    nullif(trim(old_value), '') as old_value,
    nullif(trim(new_value), '') as new_value,
    nullif(trim(created_by_id), '') as changed_by_id,
    created_date as changed_at,
    _load_id as load_id
from changes

-- Grain: one row per call, e-mail or to-do, as last known. Salesforce's ids tell what they are of
-- by their first three characters: 003 contact, 00Q lead, 500 case.
with

tasks as (
    {{ latest_version(source('salesforce', 'task'), ['id'], ['system_modstamp']) }}
)

select
    id as task_id,
    nullif(trim(who_id), '') as who_id,
    nullif(trim(what_id), '') as what_id,
    {{ salesforce_record_id('who_id') }} as record_id,
    case when substr(trim(what_id), 1, 3) = '500' then trim(what_id) end as case_id,
    nullif(trim(owner_id), '') as owner_id,
    'salesforce:' || nullif(trim(owner_id), '') as employee_code,
    lower(nullif(trim(task_subtype), '')) as task_subtype,
    lower(nullif(trim(call_type), '')) as call_type,
    lower(nullif(trim(call_disposition), '')) as call_disposition,
    call_duration_in_seconds as call_duration_seconds,
    coalesce(is_automatic_c, false) as is_automatic,
    nullif(trim(status), '') as status,
    nullif(trim(subject), '') as subject,
    completed_date_time as completed_at,
    coalesce(completed_date_time, created_date) as occurred_at,
    coalesce(is_deleted, false) as is_deleted,
    created_date as created_at,
    system_modstamp as updated_at,
    _load_id as load_id
from tasks

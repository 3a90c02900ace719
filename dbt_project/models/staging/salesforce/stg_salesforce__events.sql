-- Grain: one row per meeting, as last known.
with

meetings as (
    {{ latest_version(source('salesforce', 'event'), ['id'], ['system_modstamp']) }}
)

select
    id as event_id,
    nullif(trim(who_id), '') as who_id,
    nullif(trim(what_id), '') as what_id,
    {{ salesforce_record_id('who_id') }} as record_id,
    nullif(trim(owner_id), '') as owner_id,
    'salesforce:' || nullif(trim(owner_id), '') as employee_code,
    nullif(trim(subject), '') as subject,
    nullif(trim(location), '') as location,
    start_date_time as started_at,
    end_date_time as ended_at,
    coalesce(no_show_c, false) as is_no_show,
    coalesce(is_deleted, false) as is_deleted,
    created_date as created_at,
    system_modstamp as updated_at,
    _load_id as load_id
from meetings

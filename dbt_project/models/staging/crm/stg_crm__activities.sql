-- Grain: one row per call, e-mail, message, meeting, note or task, as last known. A call whose
-- outcome says that it connected, and a meeting that is not said to have failed, reached the
-- person.
with

activities as (
    {{ latest_version(source('crm', 'activity'), ['_source', 'activity_id'], ['updated_at']) }}
)

select
    activity_id,
    {{ crm_code('activity', 'activity_id') }} as activity_code,
    lower(trim(activity_type)) as activity_type,
    {{ crm_code('lead', 'lead_id') }} as lead_record_id,
    {{ crm_code('contact', 'contact_id') }} as contact_record_id,
    {{ crm_code('deal', 'deal_id') }} as deal_code,
    {{ crm_code('ticket', 'ticket_id') }} as ticket_code,
    {{ crm_employee_code('owner_id') }} as employee_code,
    coalesce(lower(trim(direction)), '') like 'in%' as is_inbound,
    nullif(trim(outcome), '') as outcome,
    coalesce(
        is_connected,
        case lower(trim(activity_type))
            when 'call' then coalesce(lower(trim(outcome)), '') like 'connect%'
            when 'meeting'
                then not {{ matches_text("coalesce(outcome, '')", 'no.?show|cancel') }}
            else false
        end
    ) as is_connected,
    coalesce(is_automatic, false) as is_automatic,
    coalesce(is_done, true) as is_done,
    nullif(trim(subject), '') as subject,
    occurred_at,
    coalesce(is_deleted, false) as is_deleted,
    coalesce(updated_at, occurred_at) as updated_at,
    _source as source_name,
    _load_id as load_id
from activities

-- Grain: one row per entry of a lead into a stage, re-entries included. Transaction fact; a late
-- history row takes its own place and shifts the numbers after it (rebuilt whole). Time in a
-- stage that has not ended yet is null. A lead that counts for duplicates shows the life of all
-- its records; the duplicates' own rows stand beside and are not counted (is_counted).
with

entries as (
    select * from {{ ref('int_lead__stages_moved') }}
),

leads as (
    select * from {{ ref('int_lead__leads_unioned') }}
),

duplicates as (
    select * from {{ ref('int_lead__duplicates_found') }}
),

departments as (
    select * from {{ ref('int_lead__departments_dated') }}
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
)

select
    {{ surrogate_key(['entries.lead_code', 'entries.entry_number']) }} as lead_stage_key,
    {{ surrogate_key(['entries.lead_code']) }} as lead_key,
    coalesce(identities.customer_key, {{ unknown_key() }}) as customer_key,
    {{ key_or_unknown('entries.changed_by_code') }} as employee_key,
    coalesce(departments.department, 'unknown') as department,
    {{ surrogate_key(['entries.record_code']) }} as record_lead_key,
    not leads.is_deleted and duplicates.lead_code is null as is_counted,
    entries.entry_number,
    entries.stage,
    cast(entries.stage_rank as integer) as stage_rank,
    coalesce(entries.status, 'unknown') as status,
    entries.previous_stage,
    entries.stage_entry_number,
    entries.stage_entry_number > 1 as is_reentry,
    entries.transition_type,
    entries.transition_type = 'skip' as is_skip,
    entries.transition_type = 'reversal' as is_reversal,
    entries.skipped_stages,
    entries.stage = 'unmapped' as is_unmapped,
    entries.entered_at,
    coalesce(entries.entered_at = entries.stated_at, false) as is_time_stated,
    cast({{ date_key(business_date('entries.entered_at', 'leads.time_zone')) }} as integer)
        as entered_date_key,
    entries.left_at,
    case when entries.is_duration_known then
        {{ dbt.datediff('entries.entered_at', 'entries.left_at', 'second') }} / 60.0
    end as minutes_in_stage,
    case when entries.is_duration_known then
        ({{ open_seconds_at('out', 'entries.left_at') }}
        - {{ open_seconds_at('into', 'entries.entered_at') }}) / 60.0
    end as business_minutes_in_stage,
    leads.load_id
from entries
inner join leads on entries.lead_code = leads.lead_code
left join duplicates on entries.lead_code = duplicates.lead_code
left join departments
    on entries.changed_by_code = departments.employee_code
    and entries.entered_at >= departments.valid_from
    and entries.entered_at < departments.valid_to
left join identities on leads.record_id = identities.record_id
{{ open_seconds_joins(
    'leads.calendar_code', {'into': 'entries.entered_at', 'out': 'entries.left_at'}
) }}

-- Grain: one row per lead or ticket, commitment of the service-level agreement and cycle (how often
-- it began anew), in the commitment's version of the day it started: clocks, and what had to be
-- filled in at a handover. Accumulating snapshot: met_at fills in, and a running clock becomes met
-- or breached. Late rows may change a status, since all is rebuilt from the events.
with

clocks as (
    select * from {{ ref('int_lead__clocks_run') }}
),

turns as (
    select * from {{ ref('int_lead__clock_turns_summarized') }}
),

checks as (
    select * from {{ ref('int_lead__completeness_checked') }}
),

records as (
    select
        lead_code as subject_code,
        record_id,
        market_code,
        load_id
    from {{ ref('int_lead__leads_unioned') }}
    union all
    select
        ticket_code as subject_code,
        record_id,
        market_code,
        load_id
    from {{ ref('int_lead__tickets_dated') }}
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

-- Clocks, and checks as clocks that are due at once.
owed as (
    select
        clocks.subject_type,
        clocks.subject_code,
        clocks.commitment_code,
        clocks.cycle_number,
        clocks.version,
        clocks.owed_by,
        clocks.calendar_code,
        clocks.started_at,
        clocks.started_date,
        clocks.is_started_after_hours,
        clocks.due_at,
        clocks.met_at,
        clocks.read_at,
        clocks.is_paused_now,
        clocks.target_minutes,
        clocks.business_minutes,
        clocks.paused_business_minutes,
        turns.calendar_seconds / 60.0 as calendar_minutes,
        turns.system_seconds / 60.0 as system_business_minutes,
        turns.human_seconds / 60.0 as human_business_minutes,
        turns.turn_count,
        turns.employee_code,
        turns.department as holder_department,
        turns.breach_owner_type,
        null as missing_fields,
        clocks.status
    from clocks
    left join turns
        on clocks.subject_code = turns.subject_code
        and clocks.commitment_code = turns.commitment_code
        and clocks.cycle_number = turns.cycle_number
    union all
    select
        subject_type,
        subject_code,
        commitment_code,
        cycle_number,
        version,
        owed_by,
        calendar_code,
        started_at,
        started_date,
        null as is_started_after_hours,
        started_at as due_at,
        case when status = 'met' then started_at end as met_at,
        started_at as read_at,
        false as is_paused_now,
        null as target_minutes,
        null as business_minutes,
        null as paused_business_minutes,
        null as calendar_minutes,
        null as system_business_minutes,
        null as human_business_minutes,
        0 as turn_count,
        null as employee_code,
        null as holder_department,
        'department' as breach_owner_type,
        missing_fields,
        status
    from checks
)

select
    {{ surrogate_key(['owed.subject_code', 'owed.commitment_code', 'owed.cycle_number']) }}
        as lead_sla_key,
    {{ surrogate_key(['owed.commitment_code', 'owed.version']) }} as sla_commitment_key,
    owed.subject_type,
    case owed.subject_type when 'lead' then {{ surrogate_key(['owed.subject_code']) }}
        else {{ unknown_key() }}
    end as lead_key,
    case owed.subject_type when 'ticket' then {{ surrogate_key(['owed.subject_code']) }}
        else {{ unknown_key() }}
    end as ticket_key,
    cast(owed.cycle_number as integer) as cycle_number,
    coalesce(identities.customer_key, {{ unknown_key() }}) as customer_key,
    {{ key_or_unknown('owed.employee_code') }} as employee_key,
    coalesce(owed.holder_department, 'unknown') as holder_department,
    owed.owed_by as department,
    coalesce(records.market_code, 'unknown') as market_code,
    owed.calendar_code,
    owed.calendar_code = '*' as is_calendar_assumed,
    owed.started_at,
    owed.started_date,
    cast({{ date_key('owed.started_date') }} as integer) as started_date_key,
    owed.is_started_after_hours,
    owed.due_at,
    owed.met_at,
    owed.read_at,
    owed.is_paused_now and owed.status = 'running' as is_paused_now,
    cast(owed.target_minutes as bigint) as target_business_minutes,
    cast(owed.business_minutes as double) as business_minutes,
    cast(owed.paused_business_minutes as double) as paused_business_minutes,
    cast(owed.calendar_minutes as double) as calendar_minutes,
    cast(owed.system_business_minutes as double) as system_business_minutes,
    cast(owed.human_business_minutes as double) as human_business_minutes,
    case when owed.business_minutes > owed.target_minutes
        then cast(owed.business_minutes - owed.target_minutes as double)
    end as overdue_business_minutes,
    cast(owed.turn_count as integer) as turn_count,
    owed.missing_fields,
    owed.status,
    case when owed.status = 'breached' then owed.breach_owner_type end as breach_owner_type,
    records.load_id
from owed
inner join records on owed.subject_code = records.subject_code
left join identities on records.record_id = identities.record_id

-- Grain: one row per clock of fct_lead_sla and holder in turn: a person, a queue, a program, nobody,
-- or not in the CRM yet. Accumulating snapshot: the last turn of a running clock grows, and late
-- rows of history cut turns anew. Minutes of the turns add up to the clock's.
with

turns as (
    select * from {{ ref('int_lead__clock_turns_taken') }}
),

clocks as (
    select
        lead_sla_key,
        sla_commitment_key,
        status,
        load_id
    from {{ ref('fct_lead_sla') }}
)

select
    {{ surrogate_key([
        'turns.subject_code', 'turns.commitment_code', 'turns.cycle_number', 'turns.turn_number'
    ]) }} as sla_owner_key,
    clocks.lead_sla_key,
    clocks.sla_commitment_key,
    cast(turns.turn_number as integer) as turn_number,
    turns.holder_type,
    {{ key_or_unknown('turns.employee_code') }} as employee_key,
    turns.department as holder_department,
    turns.is_system,
    turns.held_from,
    turns.held_to,
    cast(turns.running_seconds / 60.0 as double) as business_minutes,
    cast(turns.paused_seconds / 60.0 as double) as paused_business_minutes,
    cast(turns.calendar_seconds / 60.0 as double) as calendar_minutes,
    turns.is_last,
    clocks.status = 'breached' and turns.is_at_due as is_held_at_breach,
    clocks.load_id
from turns
inner join clocks
    on {{ surrogate_key(['turns.subject_code', 'turns.commitment_code', 'turns.cycle_number']) }}
    = clocks.lead_sla_key

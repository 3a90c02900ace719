-- Grain: one row per clock of the service-level agreement and holder in turn, from the start of the
-- clock until it was stopped or read. The turns of a clock add up to it, to the second. A clock
-- that was stopped at once has one turn of no length. is_at_due: the target was used up in it.
with

clocks as (
    select * from {{ ref('int_lead__clocks_run') }}
),

holders as (
    select * from {{ ref('int_lead__holders_dated') }}
),

pauses as (
    select * from {{ ref('int_lead__pauses_taken') }}
),

turns as (
    select
        clocks.subject_type,
        clocks.subject_code,
        clocks.commitment_code,
        clocks.cycle_number,
        clocks.calendar_code,
        clocks.is_pausable,
        clocks.due_at,
        holders.holder_type,
        holders.employee_code,
        holders.department,
        greatest(holders.held_from, clocks.started_at) as started_at,
        least(holders.held_to, clocks.read_at) as stopped_at,
        holders.held_to >= clocks.read_at as is_last,
        row_number() over (
            partition by clocks.subject_code, clocks.commitment_code, clocks.cycle_number
            order by holders.held_from
        ) as turn_number
    from clocks
    inner join holders
        on clocks.subject_type = holders.subject_type
        and clocks.subject_code = holders.subject_code
        and holders.held_to > clocks.started_at
        and (
            holders.held_from < clocks.read_at
            or (clocks.read_at = clocks.started_at and holders.held_from <= clocks.started_at)
        )
),

timed as (
    select
        *,
        stopped_at as read_at,
        cast(null as bigint) as target_seconds
    from turns
),

turn_pauses as (
    select
        timed.subject_code,
        timed.commitment_code,
        timed.cycle_number,
        timed.turn_number,
        pauses.paused_from,
        pauses.paused_to
    from timed
    inner join pauses
        on timed.subject_type = pauses.subject_type
        and timed.subject_code = pauses.subject_code
    where timed.is_pausable
),

clocked as (
    {{ business_clocks(
        'timed',
        key=['subject_code', 'commitment_code', 'cycle_number', 'turn_number'],
        pauses='turn_pauses'
    ) }}
)

select
    subject_type,
    subject_code,
    commitment_code,
    cycle_number,
    turn_number,
    holder_type,
    employee_code,
    department,
    started_at as held_from,
    stopped_at as held_to,
    is_last,
    holder_type <> 'person' as is_system,
    coalesce(due_at > started_at and due_at <= stopped_at, false) as is_at_due,
    coalesce(started_at < due_at, true) as is_before_due,
    running_seconds,
    paused_seconds,
    {{ dbt.datediff('started_at', 'stopped_at', 'second') }} as calendar_seconds
from clocked

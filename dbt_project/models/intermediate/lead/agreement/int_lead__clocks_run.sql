-- Grain: one row per lead or ticket, commitment of the service-level agreement measured in time,
-- and cycle. Time is that of the commitment's calendar: working hours of the record's market, of
-- a named one, or all hours; what was paused does not run. A clock that nothing has stopped is
-- read at the time the data speaks of: breached if its target is used up, else running. Deleting
-- or merging the record, or a next cycle, stops it too: cancelled, if it was not late yet. Outside the
-- days that its calendar covers nothing is known.
with

milestones as (
    select * from {{ ref('int_lead__milestones_reached') }}
),

started as (
    select * from {{ ref('int_lead__commitments_started') }} where measure = 'time'
),

commitments as (
    select * from {{ source('company', 'sla_commitment') }} where measure = 'time'
),

pauses as (
    select * from {{ ref('int_lead__pauses_taken') }}
),

as_of as (
    select * from {{ ref('int_lead__as_of') }}
),

-- What is done once counts even when it was done before; a try or an answer must follow the start.
reached as (
    select
        started.subject_code,
        started.commitment_code,
        started.cycle_number,
        greatest(milestones.occurred_at, started.started_at) as reached_at,
        milestones.event = commitments.end_event as is_end,
        commitments.end_count,
        row_number() over (
            partition by
                started.subject_code,
                started.commitment_code,
                started.cycle_number,
                milestones.event = commitments.end_event
            order by milestones.occurred_at
        ) as reached_number
    from started
    inner join commitments
        on started.commitment_code = commitments.commitment_code
        and started.version = commitments.version
    inner join milestones
        on started.subject_type = milestones.subject_type
        and started.subject_code = milestones.subject_code
        and (
            milestones.event = commitments.end_event
            or (
                commitments.fulfilled_by is not null
                and {{ is_listed('milestones.event', 'commitments.fulfilled_by') }}
            )
        )
        and (
            milestones.occurred_at >= started.started_at
            or milestones.event not in ('first_attempt', 'first_contact', 'first_response')
        )
        and (started.after_at is null or milestones.occurred_at > started.after_at)
        and (started.superseded_at is null or milestones.occurred_at < started.superseded_at)
),

ended as (
    select
        subject_code,
        commitment_code,
        cycle_number,
        min(case when not is_end or reached_number = end_count then reached_at end) as met_at
    from reached
    group by subject_code, commitment_code, cycle_number
),

timed as (
    select
        started.subject_type,
        started.subject_code,
        started.commitment_code,
        started.cycle_number,
        started.version,
        started.owed_by,
        started.calendar_code,
        started.started_at,
        started.started_date,
        ended.met_at,
        ended.met_at as stopped_at,
        coalesce(least(started.ended_at, started.superseded_at),
            started.ended_at, started.superseded_at) as ended_at,
        greatest(
            least(
                as_of.as_of_at,
                coalesce(started.ended_at, as_of.as_of_at),
                coalesce(started.superseded_at, as_of.as_of_at)
            ),
            started.started_at
        ) as read_at,
        commitments.target_minutes,
        cast(commitments.target_minutes as bigint) * 60 as target_seconds,
        started.is_pausable
    from started
    inner join commitments
        on started.commitment_code = commitments.commitment_code
        and started.version = commitments.version
    cross join as_of
    left join ended
        on started.subject_code = ended.subject_code
        and started.commitment_code = ended.commitment_code
        and started.cycle_number = ended.cycle_number
),

clock_pauses as (
    select
        timed.subject_code,
        timed.commitment_code,
        timed.cycle_number,
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
        'timed', key=['subject_code', 'commitment_code', 'cycle_number'], pauses='clock_pauses'
    ) }}
)

select
    subject_type,
    subject_code,
    commitment_code,
    cycle_number,
    version,
    owed_by,
    calendar_code,
    is_pausable,
    started_at,
    started_date,
    not is_started_in_hours as is_started_after_hours,
    due_at,
    met_at,
    coalesce(met_at, read_at) as read_at,
    is_paused_now,
    target_minutes,
    running_seconds,
    paused_seconds,
    running_seconds / 60.0 as business_minutes,
    paused_seconds / 60.0 as paused_business_minutes,
    case
        when running_seconds is null then 'unknown'
        when running_seconds > target_seconds then 'breached'
        when met_at is not null then 'met'
        when ended_at is not null then 'cancelled'
        else 'running'
    end as status
from clocked

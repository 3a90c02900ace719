-- Grain: one row per lead or ticket and commitment of the service-level agreement that started
-- for it, in the version of the day it started. Time is business time of the record's calendar. A
-- clock that nothing has stopped is read at the time the data speaks of: breached if its target
-- is used up, else running. Deleting or merging the record stops it too: cancelled, if it was not
-- late yet.
with

milestones as (
    select * from {{ ref('int_lead__milestones_reached') }}
),

subjects as (
    select * from {{ ref('int_lead__subjects_owed') }}
),

commitments as (
    select * from {{ source('company', 'sla_commitment') }}
    where start_event is not null and end_event is not null and target_minutes is not null
),

as_of as (
    select * from {{ ref('int_lead__as_of') }}
),

first_starts as (
    select
        subject_type,
        subject_code,
        event,
        min(occurred_at) as started_at
    from milestones
    where event in (select start_event from commitments)
    group by subject_type, subject_code, event
),

started as (
    select
        subjects.subject_type,
        subjects.subject_code,
        subjects.calendar_code,
        subjects.ended_at,
        commitments.commitment_code,
        commitments.version,
        commitments.owed_by,
        commitments.end_event,
        commitments.target_minutes,
        first_starts.started_at,
        {{ business_date('first_starts.started_at', 'subjects.time_zone') }} as started_date
    from first_starts
    inner join subjects
        on first_starts.subject_type = subjects.subject_type
        and first_starts.subject_code = subjects.subject_code
    inner join commitments
        on first_starts.event = commitments.start_event
        and {{ business_date('first_starts.started_at', 'subjects.time_zone') }}
        >= commitments.valid_from
        and {{ business_date('first_starts.started_at', 'subjects.time_zone') }}
        < commitments.valid_to
),

-- What is done once counts even when it was done before; a try or an answer must follow the start.
ended as (
    select
        started.subject_code,
        started.commitment_code,
        min(
            case
                when milestones.occurred_at >= started.started_at then milestones.occurred_at
                when started.end_event not in ('first_attempt', 'first_contact', 'first_response')
                    then started.started_at
            end
        ) as met_at
    from started
    inner join milestones
        on started.subject_type = milestones.subject_type
        and started.subject_code = milestones.subject_code
        and started.end_event = milestones.event
    group by started.subject_code, started.commitment_code
),

timed as (
    select
        started.*,
        ended.met_at,
        coalesce(
            ended.met_at,
            greatest(least(as_of.as_of_at, coalesce(started.ended_at, as_of.as_of_at)),
                started.started_at)
        ) as read_at
    from started
    cross join as_of
    left join ended
        on started.subject_code = ended.subject_code
        and started.commitment_code = ended.commitment_code
),

read as (
    select
        timed.*,
        {{ open_seconds_at('started', 'timed.started_at') }} as started_seconds,
        {{ open_seconds_at('read', 'timed.read_at') }} as read_seconds
    from timed
    {{ open_seconds_joins(
        'timed.calendar_code', {'started': 'timed.started_at', 'read': 'timed.read_at'}
    ) }}
),

targeted as (
    select
        *,
        read_seconds - started_seconds as elapsed_seconds,
        started_seconds + target_minutes * 60 as due_seconds
    from read
)

select
    targeted.subject_type,
    targeted.subject_code,
    targeted.commitment_code,
    targeted.version,
    targeted.owed_by,
    targeted.calendar_code,
    targeted.started_at,
    targeted.started_date,
    greatest(
        {{ after_open_seconds('due', 'targeted.due_seconds') }}, targeted.started_at
    ) as due_at,
    targeted.met_at,
    targeted.target_minutes,
    targeted.elapsed_seconds / 60.0 as business_minutes,
    case
        when targeted.elapsed_seconds > targeted.target_minutes * 60 then 'breached'
        when targeted.met_at is not null then 'met'
        when targeted.ended_at is not null then 'cancelled'
        else 'running'
    end as status
from targeted
{{ after_open_seconds_join('targeted.calendar_code', 'due', 'targeted.due_seconds') }}

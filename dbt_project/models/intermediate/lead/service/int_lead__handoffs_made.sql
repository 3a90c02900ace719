-- Grain: one row per hand-over of a ticket from a person of one department to a person of
-- another. Time in a queue, or with a program, between them is part of the wait: it runs from the moment the sender
-- let go until somebody of the receiving department acts on the ticket (answers, notes or calls),
-- or until the ticket is closed or handed on. A receiver who has not acted yet waits until the
-- data's end. A ticket that a person put into a queue, and that nobody has taken yet, waits there:
-- its receiver is the queue. The customer waits longer: until the receiving department's first
-- answer that the customer sees.
with

owners as (
    select
        *,
        is_queue or is_automation as is_nobody
    from {{ ref('int_lead__owners_assigned') }}
    where subject_type = 'ticket'
        and (
            not (is_queue or is_automation)
            or owned_to = timestamp '9999-12-31 00:00:00'
        )
),

tickets as (
    select * from {{ ref('int_lead__tickets_dated') }}
),

spells as (
    select * from {{ ref('int_lead__ticket_spells_opened') }}
),

work as (
    select * from {{ ref('int_lead__ticket_work_done') }}
),

as_of as (
    select * from {{ ref('int_lead__as_of') }}
),

compared as (
    select
        *,
        lag(owner_code) over (partition by subject_code order by owner_number) as from_code,
        lag(department) over (partition by subject_code order by owner_number)
            as from_department,
        lag(owned_to) over (partition by subject_code order by owner_number) as handed_over_at
    from owners
),

handoffs as (
    select
        compared.subject_code as ticket_code,
        compared.owner_number,
        compared.from_code,
        compared.owner_code as to_code,
        compared.is_nobody as is_to_queue,
        compared.from_department,
        compared.department as to_department,
        compared.handed_over_at,
        compared.owned_from as assigned_at,
        compared.owned_to as owned_to
    from compared
    where compared.from_department is not null
        and compared.department <> compared.from_department
),

pickups as (
    select
        handoffs.ticket_code,
        handoffs.owner_number,
        min(work.done_at) as picked_up_at,
        min(case when work.is_seen_by_customer then work.done_at end) as answered_at
    from handoffs
    inner join work
        on handoffs.ticket_code = work.ticket_code
        and (
            handoffs.to_department = work.department
            or (handoffs.is_to_queue and handoffs.from_department <> work.department)
        )
        and work.done_at >= handoffs.assigned_at
        and work.done_at < handoffs.owned_to
    group by handoffs.ticket_code, handoffs.owner_number
),

closings as (
    select
        handoffs.ticket_code,
        handoffs.owner_number,
        min(spells.closed_at) as closed_at
    from handoffs
    inner join spells
        on handoffs.ticket_code = spells.ticket_code
        and spells.closed_at >= handoffs.handed_over_at
    group by handoffs.ticket_code, handoffs.owner_number
),

ended as (
    select
        handoffs.*,
        tickets.calendar_code,
        tickets.time_zone,
        tickets.load_id,
        pickups.picked_up_at,
        pickups.answered_at,
        case
            when pickups.picked_up_at is not null then 'picked_up'
            when handoffs.owned_to < timestamp '9999-12-31 00:00:00' then 'handed_on'
            when closings.closed_at is not null then 'closed'
            else 'waiting'
        end as outcome,
        greatest(
            handoffs.handed_over_at,
            least(
                coalesce(pickups.picked_up_at, closings.closed_at, as_of.as_of_at),
                handoffs.owned_to
            )
        ) as wait_ended_at,
        greatest(handoffs.handed_over_at, pickups.answered_at) as answer_counted_at
    from handoffs
    inner join tickets on handoffs.ticket_code = tickets.ticket_code
    cross join as_of
    left join closings
        on handoffs.ticket_code = closings.ticket_code
        and handoffs.owner_number = closings.owner_number
    left join pickups
        on handoffs.ticket_code = pickups.ticket_code
        and handoffs.owner_number = pickups.owner_number
),

counted as (
    select
        *,
        case when is_to_queue then wait_ended_at
            else least(greatest(assigned_at, handed_over_at), wait_ended_at)
        end as queue_left_at
    from ended
)

select
    counted.*,
    {{ dbt.datediff('counted.handed_over_at', 'counted.wait_ended_at', 'second') }} / 60.0
        as wait_minutes,
    ({{ open_seconds_at('ended', 'counted.wait_ended_at') }}
    - {{ open_seconds_at('handed', 'counted.handed_over_at') }}) / 60.0 as wait_business_minutes,
    ({{ open_seconds_at('left', 'counted.queue_left_at') }}
    - {{ open_seconds_at('handed', 'counted.handed_over_at') }}) / 60.0 as queue_business_minutes,
    case when counted.answered_at is not null then
        ({{ open_seconds_at('answered', 'counted.answer_counted_at') }}
        - {{ open_seconds_at('handed', 'counted.handed_over_at') }}) / 60.0
    end as answer_business_minutes
from counted
{{ open_seconds_joins(
    'counted.calendar_code',
    {
        'handed': 'counted.handed_over_at', 'ended': 'counted.wait_ended_at',
        'answered': 'counted.answer_counted_at', 'left': 'counted.queue_left_at',
    }
) }}

-- Grain: one row per ticket with its clocks: until a person tried, answered, and solved, in
-- business time of the ticket's calendar and in calendar time. The business clocks stand still
-- while the ticket waits for the customer or is on hold, and while it was closed before it was
-- opened again. Solved means the closing that stands; the first one is told beside it. An
-- unanswered ticket waits until it is closed, else until the time the data speaks of. An answer
-- before the ticket was opened (clocks that differ) counts as given at once. Where nobody says when
-- a ticket was closed, its clocks are null.
with

tickets as (
    select * from {{ ref('int_lead__tickets_dated') }}
),

spells as (
    select * from {{ ref('int_lead__ticket_spells_opened') }}
),

actions as (
    select * from {{ ref('int_lead__actions_taken') }} where subject_type = 'ticket'
),

pauses as (
    select
        subject_code as ticket_code,
        paused_from,
        paused_to
    from {{ ref('int_lead__pauses_taken') }}
    where subject_type = 'ticket'
),

as_of as (
    select * from {{ ref('int_lead__as_of') }}
),

answered as (
    select
        subject_code as ticket_code,
        min(case when is_attempt then occurred_at end) as first_attempt_at,
        min(case when is_contact then occurred_at end) as first_response_at,
        count(case when is_contact then 1 end) as response_count
    from actions
    group by subject_code
),

closed as (
    select
        ticket_code,
        count(*) - 1 as reopen_count,
        min(case when is_closing_known then closed_at end) as first_resolved_at,
        case when count(*) = count(closed_at) then max(closed_at) end as closed_at,
        bool_and(is_closing_known) as is_closing_known
    from spells
    group by ticket_code
),

known as (
    select
        tickets.ticket_code,
        tickets.calendar_code,
        tickets.created_at as opened_at,
        answered.first_attempt_at,
        answered.first_response_at,
        coalesce(answered.response_count, 0) as response_count,
        coalesce(closed.reopen_count, 0) as reopen_count,
        closed.first_resolved_at,
        closed.closed_at is not null as is_closed,
        closed.closed_at is not null and not closed.is_closing_known as is_closing_unknown,
        case when closed.is_closing_known then closed.closed_at end as resolved_at,
        greatest(as_of.as_of_at, tickets.created_at) as read_at
    from tickets
    cross join as_of
    left join answered on tickets.ticket_code = answered.ticket_code
    left join closed on tickets.ticket_code = closed.ticket_code
),

clocks as (
    select
        ticket_code,
        'waited' as clock,
        calendar_code,
        opened_at as started_at,
        coalesce(first_response_at, resolved_at) as stopped_at,
        read_at,
        cast(null as bigint) as target_seconds
    from known
    where first_response_at is not null or not is_closing_unknown
    union all
    select ticket_code, 'open', calendar_code, opened_at, resolved_at, read_at, null
    from known
    where not is_closing_unknown
    union all
    select
        ticket_code, 'first resolved', calendar_code, opened_at, first_resolved_at, read_at, null
    from known
    where first_resolved_at is not null
),

read as (
    {{ business_clocks('clocks', ['ticket_code', 'clock'], 'pauses', ['ticket_code']) }}
),

timed as (
    select
        ticket_code,
        max(case when clock = 'waited' then running_seconds end) / 60.0
            as waited_business_minutes,
        max(
            case when clock = 'waited'
                then {{ dbt.datediff('started_at', 'clock_ended_at', 'second') }} end
        ) / 60.0 as waited_minutes,
        max(case when clock = 'open' then running_seconds end) / 60.0 as open_business_minutes,
        max(case when clock = 'open' then paused_seconds end) / 60.0 as paused_business_minutes,
        max(
            case when clock = 'open'
                then {{ dbt.datediff('started_at', 'clock_ended_at', 'second') }} end
        ) / 60.0 as open_minutes,
        max(case when clock = 'first resolved' then running_seconds end) / 60.0
            as first_resolution_business_minutes
    from read
    group by ticket_code
)

select
    known.ticket_code,
    known.first_attempt_at,
    known.first_response_at,
    known.first_resolved_at,
    known.resolved_at,
    known.is_closed,
    known.response_count,
    known.reopen_count,
    timed.waited_minutes,
    timed.waited_business_minutes,
    timed.first_resolution_business_minutes,
    case when known.resolved_at is not null then timed.open_minutes end as resolution_minutes,
    case when known.resolved_at is not null then timed.open_business_minutes end
        as resolution_business_minutes,
    timed.open_business_minutes,
    timed.paused_business_minutes
from known
left join timed on known.ticket_code = timed.ticket_code

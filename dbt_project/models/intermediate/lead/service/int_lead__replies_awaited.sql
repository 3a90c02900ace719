-- Grain: one row per message of a customer on a ticket, its opening first, with the next reply by a
-- person. Automatic replies and internal notes are no reply, and neither is a call without answer.
-- Several messages in a row are answered by the same reply. Business time stands still while the
-- ticket is on hold, not while it is said to wait for the customer: the customer has spoken. What a
-- customer writes after a ticket was closed for good (thanks, mostly) waits for nothing. Where nobody
-- says when it was closed, the wait of what was not answered is not known.
with

tickets as (
    select * from {{ ref('int_lead__tickets_dated') }}
),

messages as (
    select * from {{ ref('int_lead__messages_unioned') }}
    where employee_code is null and not is_automatic
),

activities as (
    select * from {{ ref('int_lead__activities_unioned') }}
    where ticket_code is not null
        and is_inbound
        and not is_automatic
        and activity_type in ('email', 'message')
),

actions as (
    select * from {{ ref('int_lead__actions_taken') }}
    where subject_type = 'ticket' and is_contact
),

spells as (
    select * from {{ ref('int_lead__ticket_spells_opened') }}
),

holds as (
    select
        ticket_code,
        started_at as paused_from,
        ended_at as paused_to
    from {{ ref('int_lead__ticket_states_taken') }}
    where state = 'on_hold'
),

as_of as (
    select * from {{ ref('int_lead__as_of') }}
),

-- What is written within a minute of the opening is the opening itself, as the system filed it.
said as (
    select ticket_code, ticket_code as message_id, created_at as asked_at from tickets
    union all
    select messages.ticket_code, messages.message_id, messages.sent_at
    from messages
    inner join tickets on messages.ticket_code = tickets.ticket_code
    where messages.sent_at > {{ dbt.dateadd('minute', 1, 'tickets.created_at') }}
    union all
    select activities.ticket_code, activities.action_id, activities.occurred_at
    from activities
    inner join tickets on activities.ticket_code = tickets.ticket_code
    where activities.occurred_at > {{ dbt.dateadd('minute', 1, 'tickets.created_at') }}
),

replied as (
    select
        said.ticket_code,
        said.message_id,
        actions.action_id,
        actions.employee_code,
        greatest(actions.occurred_at, said.asked_at) as replied_at
    from said
    inner join actions
        on said.ticket_code = actions.subject_code
        and (actions.occurred_at > said.asked_at or said.message_id = said.ticket_code)
    qualify
        row_number() over (
            partition by said.ticket_code, said.message_id
            order by actions.occurred_at, actions.action_id
        ) = 1
),

closed as (
    select
        ticket_code,
        case when count(*) = count(closed_at) then max(closed_at) end as resolved_at,
        bool_and(is_closing_known) as is_closing_known
    from spells
    group by ticket_code
),

clocks as (
    select
        said.ticket_code,
        said.message_id,
        said.asked_at,
        said.asked_at as started_at,
        replied.replied_at,
        replied.employee_code,
        case
            when replied.replied_at is not null then 'answered'
            when said.asked_at > closed.resolved_at and closed.is_closing_known
                then 'after_closing'
            when closed.resolved_at is not null then 'closed_unanswered'
            else 'waiting'
        end as outcome,
        coalesce(replied.replied_at, closed.resolved_at) as stopped_at,
        replied.replied_at is not null
        or closed.resolved_at is null
        or (closed.is_closing_known and said.asked_at <= closed.resolved_at) as is_wait_known,
        greatest(as_of.as_of_at, said.asked_at) as read_at,
        tickets.calendar_code,
        tickets.time_zone,
        tickets.load_id,
        cast(null as bigint) as target_seconds
    from said
    inner join tickets on said.ticket_code = tickets.ticket_code
    cross join as_of
    left join closed on said.ticket_code = closed.ticket_code
    left join replied
        on said.ticket_code = replied.ticket_code
        and said.message_id = replied.message_id
),

read as (
    {{ business_clocks('clocks', ['ticket_code', 'message_id'], 'holds', ['ticket_code']) }}
)

select
    ticket_code,
    message_id,
    row_number() over (partition by ticket_code order by asked_at, message_id) as message_number,
    message_id = ticket_code as is_opening,
    asked_at,
    {{ business_date('asked_at', 'time_zone') }} as asked_date,
    replied_at,
    employee_code,
    outcome,
    case when is_wait_known
        then {{ dbt.datediff('started_at', 'clock_ended_at', 'second') }} / 60.0
    end as wait_minutes,
    case when is_wait_known then running_seconds / 60.0 end as wait_business_minutes,
    load_id
from read

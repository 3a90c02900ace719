-- Grain: one row per ticket and period in one status, with what the status means. Statuses come
-- from the ticket's history; where it has none, or where the record has moved on since, from the
-- record. A status that no rule names is state 'unmapped' where the company maps its system's
-- statuses; where it maps none, words tell what is closed or solved. Late history rows take their
-- own place in time. The last period has no end. A ticket that is over, of which no system says
-- since when, stands as over from its opening on, with is_time_known false. Conversations on social profiles, of which nobody
-- keeps a status, are open after a question, wait for the customer after an answer, and are solved
-- by the last one when they are over.
with

tickets as (
    select * from {{ ref('int_lead__tickets_dated') }}
),

history as (
    select
        record_code as ticket_code,
        change_id,
        old_value,
        new_value,
        changed_at
    from {{ ref('int_lead__changes_unioned') }}
    where record_kind = 'ticket' and field = 'status'
    union all
    select
        messages.ticket_code,
        messages.message_id as change_id,
        null as old_value,
        case
            when messages.direction = 'inbound' then 'open'
            when messages.is_last then tickets.status
            else 'answered'
        end as new_value,
        messages.occurred_at as changed_at
    from {{ ref('int_lead__conversation_messages_grouped') }} as messages
    inner join tickets on messages.ticket_code = tickets.ticket_code
    where not messages.is_automatic
),

meanings as (
    select
        lower(trim(system)) as system,
        lower(trim(status)) as status_key,
        min(state) as state
    from {{ source('company', 'ticket_status') }}
    group by lower(trim(system)), lower(trim(status))
    union all
    select 'social' as system, 'answered' as status_key, 'waiting' as state
    union all
    select 'social' as system, 'over' as status_key, 'solved' as state
    union all
    select 'social' as system, 'open' as status_key, 'open' as state
),

-- Changes of one instant are a chain: each goes on from the value that the one before set.
chained as (
    select
        one.change_id,
        max(case when lower(other.new_value) = lower(one.old_value) then 1 else 0 end)
            as goes_on_from_other,
        max(case when lower(other.old_value) = lower(one.new_value) then 1 else 0 end)
            as other_goes_on
    from history as one
    inner join history as other
        on one.ticket_code = other.ticket_code
        and one.changed_at = other.changed_at
        and one.change_id <> other.change_id
    group by one.change_id
),

numbered as (
    select
        history.*,
        row_number() over (
            partition by history.ticket_code
            order by
                history.changed_at,
                coalesce(chained.goes_on_from_other, 0),
                coalesce(chained.other_goes_on, 0) desc,
                history.change_id
        ) as change_number,
        count(*) over (partition by history.ticket_code) as change_count
    from history
    left join chained on history.change_id = chained.change_id
),

changes as (
    select
        tickets.ticket_code,
        numbered.old_value,
        numbered.new_value,
        greatest(numbered.changed_at, tickets.created_at) as changed_at,
        numbered.change_number,
        numbered.change_number = numbered.change_count as is_last
    from numbered
    inner join tickets on numbered.ticket_code = tickets.ticket_code
),

-- Without any history the record's status holds since the start, unless it says that it is over. A
-- history that begins with the ticket and names no status before it needs no start.
starts as (
    select
        tickets.ticket_code,
        0 as change_number,
        case when changes.ticket_code is null then tickets.status else changes.old_value end
            as status,
        tickets.created_at as started_at,
        changes.ticket_code is null as is_of_record,
        false as is_closed_by_record,
        true as is_time_known
    from tickets
    left join changes
        on tickets.ticket_code = changes.ticket_code and changes.change_number = 1
    where changes.ticket_code is null
        or changes.old_value is not null
        or changes.changed_at > tickets.created_at
),

ends as (
    select
        tickets.ticket_code,
        coalesce(changes.change_number, 0) + 1 as change_number,
        tickets.status,
        greatest(
            coalesce(tickets.closed_at, tickets.updated_at, tickets.created_at),
            tickets.created_at,
            coalesce(changes.changed_at, tickets.created_at)
        ) as started_at,
        false as is_of_record,
        tickets.closed_at is not null as is_closed_by_record,
        tickets.closed_at is not null
        or changes.changed_at is not null
        or tickets.updated_at > tickets.created_at as is_time_known
    from tickets
    left join changes on tickets.ticket_code = changes.ticket_code and changes.is_last
    where tickets.closed_at >= coalesce(changes.changed_at, tickets.closed_at)
        or lower(tickets.status) is distinct from lower(changes.new_value)
),

taken as (
    select * from starts
    union all
    select ticket_code, change_number, new_value, changed_at, false, false, true from changes
    union all
    select * from ends
),

named as (
    select
        taken.*,
        case
            when taken.status is null then 'open'
            when of_source.state is not null then of_source.state
            when of_system.state is not null then of_system.state
            when tickets.system in (select system from meanings)
                or tickets.source_name in (select system from meanings) then 'unmapped'
            else {{ ticket_state_by_words('taken.status') }}
        end as state
    from taken
    inner join tickets on taken.ticket_code = tickets.ticket_code
    left join meanings as of_source
        on tickets.source_name = of_source.system
        and lower(trim(taken.status)) = of_source.status_key
    left join meanings as of_system
        on tickets.system = of_system.system
        and lower(trim(taken.status)) = of_system.status_key
),

stated as (
    select
        ticket_code,
        change_number,
        started_at,
        case when is_of_record and {{ is_ticket_done('state') }} then null else status end
            as status,
        case
            when is_of_record and {{ is_ticket_done('state') }} then 'open'
            when is_closed_by_record and not {{ is_ticket_done('state') }} then 'closed'
            else state
        end as state,
        coalesce(is_time_known, false) as is_time_known
    from named
),

compared as (
    select
        *,
        lag(state) over (partition by ticket_code order by change_number) as state_before,
        lag(lower(status)) over (partition by ticket_code order by change_number)
            as status_before
    from stated
)

select
    ticket_code,
    row_number() over (partition by ticket_code order by change_number) as state_number,
    state,
    status,
    state in ('waiting', 'on_hold') as is_paused,
    {{ is_ticket_done('state') }} as is_done,
    is_time_known,
    started_at,
    lead(started_at) over (partition by ticket_code order by change_number) as ended_at
from compared
where state_before is null
    or state <> state_before
    or lower(status) is distinct from status_before

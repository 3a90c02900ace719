-- Grain: one row per ticket and period in one status, with how long it lasted, in calendar and in
-- business time; the last one until the time the data speaks of, unless the ticket is over.
with

states as (
    select * from {{ ref('int_lead__ticket_states_taken') }}
),

tickets as (
    select * from {{ ref('int_lead__tickets_dated') }}
),

as_of as (
    select * from {{ ref('int_lead__as_of') }}
),

clocks as (
    select
        states.*,
        tickets.calendar_code,
        tickets.time_zone,
        tickets.load_id,
        states.ended_at as stopped_at,
        greatest(
            case when states.is_done then states.started_at else as_of.as_of_at end,
            states.started_at
        ) as read_at,
        cast(null as bigint) as target_seconds
    from states
    inner join tickets on states.ticket_code = tickets.ticket_code
    cross join as_of
),

read as (
    {{ business_clocks('clocks', ['ticket_code', 'state_number']) }}
)

select
    ticket_code,
    state_number,
    state,
    status,
    is_paused,
    is_done,
    not is_done and coalesce(
        lag(is_done) over (partition by ticket_code order by state_number), false
    ) as is_reopening,
    started_at,
    {{ business_date('started_at', 'time_zone') }} as started_date,
    ended_at,
    case when ended_at is not null or not is_done
        then {{ dbt.datediff('started_at', 'clock_ended_at', 'second') }} / 60.0
    end as state_minutes,
    case when ended_at is not null or not is_done then running_seconds / 60.0 end
        as state_business_minutes,
    load_id
from read

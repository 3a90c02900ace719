-- Grain: one row per ticket with its clocks: until a person tried, answered, and solved, in
-- business time of the ticket's calendar. An unanswered open ticket waits until the time the data
-- speaks of. An answer before the ticket was opened (clocks that differ) counts as given at once.
with

tickets as (
    select * from {{ ref('int_lead__tickets_dated') }}
),

actions as (
    select * from {{ ref('int_lead__actions_taken') }} where subject_type = 'ticket'
),

as_of as (
    select * from {{ ref('int_lead__as_of') }}
),

answered as (
    select
        actions.subject_code as ticket_code,
        min(case when actions.is_attempt then actions.occurred_at end) as first_attempt_at,
        min(case when actions.is_contact then actions.occurred_at end) as first_response_at
    from actions
    group by actions.subject_code
),

timed as (
    select
        tickets.ticket_code,
        tickets.calendar_code,
        tickets.created_at as opened_at,
        answered.first_attempt_at,
        answered.first_response_at,
        tickets.closed_at as resolved_at,
        case
            when answered.first_response_at is not null
                then greatest(answered.first_response_at, tickets.created_at)
            else greatest(
                coalesce(tickets.closed_at, as_of.as_of_at), tickets.created_at
            )
        end as waited_until,
        case
            when tickets.closed_at is not null
                then greatest(tickets.closed_at, tickets.created_at)
        end as solved_until
    from tickets
    cross join as_of
    left join answered on tickets.ticket_code = answered.ticket_code
)

select
    timed.ticket_code,
    timed.first_attempt_at,
    timed.first_response_at,
    timed.resolved_at,
    ({{ open_seconds_at('waited', 'timed.waited_until') }}
    - {{ open_seconds_at('opened', 'timed.opened_at') }}) / 60.0 as waited_business_minutes,
    ({{ open_seconds_at('solved', 'timed.solved_until') }}
    - {{ open_seconds_at('opened', 'timed.opened_at') }}) / 60.0 as resolution_business_minutes
from timed
{{ open_seconds_joins(
    'timed.calendar_code',
    {
        'opened': 'timed.opened_at', 'waited': 'timed.waited_until',
        'solved': 'timed.solved_until',
    }
) }}

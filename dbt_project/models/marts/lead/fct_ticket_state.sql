-- Grain: one row per ticket and period in one status. Transaction fact. What a status means is the
-- company's word (company.yaml, ticket_statuses); one that no rule names is `unmapped`. A
-- re-opening is told on the period that begins with it. Rebuilt whole; late history rows take
-- their own place.
with

states as (
    select * from {{ ref('int_lead__ticket_states_timed') }}
),

tickets as (
    select * from {{ ref('fct_ticket') }}
)

select
    {{ surrogate_key(['states.ticket_code', 'states.state_number']) }} as ticket_state_key,
    tickets.ticket_key,
    tickets.customer_key,
    tickets.channel_key,
    tickets.market_code,
    tickets.is_counted,
    cast(states.state_number as integer) as state_number,
    coalesce(states.status, 'unknown') as status,
    states.state,
    states.is_paused,
    states.is_done,
    states.is_reopening,
    states.started_at,
    cast({{ date_key('states.started_date') }} as integer) as started_date_key,
    states.ended_at,
    cast(states.state_minutes as double) as state_minutes,
    cast(states.state_business_minutes as double) as state_business_minutes,
    states.load_id
from states
inner join tickets on states.ticket_code = tickets.ticket_id

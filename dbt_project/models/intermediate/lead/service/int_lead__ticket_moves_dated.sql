{{ config(materialized='view') }}
-- Grain: one row per event that changes how many tickets are open, unanswered or paused: a ticket
-- comes in, is opened again, is closed, is answered for the first time, begins or ends to wait for
-- the customer. On the business day of the ticket's market. Deleted tickets are left out.
with

tickets as (
    select * from {{ ref('fct_ticket') }} where is_counted
),

zones as (
    select
        ticket_code,
        time_zone
    from {{ ref('int_lead__tickets_dated') }}
),

spells as (
    select * from {{ ref('int_lead__ticket_spells_opened') }}
),

pauses as (
    select * from {{ ref('int_lead__ticket_states_taken') }} where is_paused
),

-- Unanswered: open before anybody has answered.
unanswered as (
    select
        spells.ticket_code,
        spells.opened_at as started_at,
        least(spells.closed_at, tickets.first_response_at) as ended_at
    from spells
    inner join tickets on spells.ticket_code = tickets.ticket_id
    where tickets.first_response_at is null
        or tickets.first_response_at > spells.opened_at
),

moves as (
    select
        ticket_code,
        opened_at as moved_at,
        case when spell_number = 1 then 1 else 0 end as opened,
        case when spell_number > 1 then 1 else 0 end as reopened,
        0 as closed,
        0 as unanswered,
        0 as paused
    from spells
    union all
    select ticket_code, closed_at, 0, 0, 1, 0, 0 from spells where closed_at is not null
    union all
    select ticket_code, started_at, 0, 0, 0, 1, 0 from unanswered
    union all
    select ticket_code, ended_at, 0, 0, 0, -1, 0 from unanswered where ended_at is not null
    union all
    select ticket_code, started_at, 0, 0, 0, 0, 1 from pauses
    union all
    select ticket_code, ended_at, 0, 0, 0, 0, -1 from pauses where ended_at is not null
)

select
    moves.ticket_code,
    tickets.channel_key,
    tickets.market_code,
    moves.moved_at,
    {{ business_date('moves.moved_at', 'zones.time_zone') }} as moved_date,
    moves.opened,
    moves.reopened,
    moves.closed,
    moves.unanswered,
    moves.paused
from moves
inner join tickets on moves.ticket_code = tickets.ticket_id
inner join zones on moves.ticket_code = zones.ticket_code

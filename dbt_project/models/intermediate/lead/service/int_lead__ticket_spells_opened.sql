-- Grain: one row per ticket and spell in which it was open: from its opening, or from its
-- re-opening, until it was solved or closed; the last one may still run. A ticket that came in
-- closed was open for no time, and so, for want of a better, was one whose closing nobody dated
-- (is_closing_known is false).
with

states as (
    select * from {{ ref('int_lead__ticket_states_taken') }}
),

compared as (
    select
        *,
        lag(is_done) over (partition by ticket_code order by state_number) as was_done
    from states
),

edges as (
    select
        *,
        case when not is_done and coalesce(was_done, true) then 1 else 0 end as is_opening,
        case when is_done and not coalesce(was_done, false) then 1 else 0 end as is_closing
    from compared
),

openings as (
    select
        ticket_code,
        started_at as opened_at,
        row_number() over (partition by ticket_code order by state_number) as spell_number
    from edges
    where is_opening = 1 or state_number = 1
),

closings as (
    select
        ticket_code,
        started_at as closed_at,
        is_time_known,
        row_number() over (partition by ticket_code order by state_number) as spell_number
    from edges
    where is_closing = 1
)

select
    openings.ticket_code,
    openings.spell_number,
    openings.opened_at,
    closings.closed_at,
    coalesce(closings.is_time_known, true) as is_closing_known
from openings
left join closings
    on openings.ticket_code = closings.ticket_code
    and openings.spell_number = closings.spell_number

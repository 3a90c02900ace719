-- Grain: one row per lead or ticket and period in which its clocks stand still; a period that
-- lasts has no end. A lead pauses in a status of which the company says so; a ticket while it
-- waits for the customer or for somebody outside, and while it was done before it was opened
-- again. Periods may touch; one of no length is none.
with

statuses as (
    select * from {{ ref('int_lead__statuses_taken') }} where taken_at is not null
),

stages as (
    select
        system,
        lower(status) as status_key,
        is_paused
    from {{ source('company', 'lead_stage') }}
),

ticket_states as (
    select
        *,
        max(case when not is_done then state_number end) over (partition by ticket_code)
            as last_open_number
    from {{ ref('int_lead__ticket_states_taken') }}
),

dated as (
    select
        *,
        lead(taken_at) over (partition by lead_code order by status_number) as left_at
    from statuses
)

select
    'lead' as subject_type,
    dated.lead_code as subject_code,
    dated.taken_at as paused_from,
    dated.left_at as paused_to
from dated
left join stages as of_source
    on dated.source_name = of_source.system
    and lower(dated.status) = of_source.status_key
left join stages as of_system
    on dated.system = of_system.system
    and lower(dated.status) = of_system.status_key
where coalesce(of_source.is_paused, of_system.is_paused)
    and (dated.left_at is null or dated.left_at > dated.taken_at)
union all
select
    'ticket' as subject_type,
    ticket_code as subject_code,
    started_at as paused_from,
    ended_at as paused_to
from ticket_states
where (is_paused or (is_done and state_number < last_open_number))
    and (ended_at is null or ended_at > started_at)

-- A duration stands exactly where both of its ends are known, and none is negative; business time
-- may be unknown only where the calendars do not reach (business_time_is_known counts that). (The
-- joins that look up business time once lost nulls; see the macro business_clock.)
with

calendars as (
    select * from {{ ref('int_lead__calendars_known') }}
)

select 'fct_ticket' as mart, tickets.ticket_id as row_id
from {{ ref('fct_ticket') }} as tickets
cross join calendars
where (tickets.resolution_business_minutes is not null and tickets.resolved_at is null)
    or (
        tickets.opened_at >= calendars.known_from
        and (
            (
                tickets.waited_business_minutes is null
                and (tickets.is_answered or not tickets.is_closed or tickets.resolved_at is not null)
            )
            or (tickets.resolution_business_minutes is null and tickets.resolved_at is not null)
        )
    )
    or tickets.waited_business_minutes < 0
    or tickets.resolution_business_minutes < 0
union all
select 'fct_lead_sla' as mart, cast(clocks.lead_sla_key as {{ dbt.type_string() }}) as row_id
from {{ ref('fct_lead_sla') }} as clocks
cross join calendars
where (clocks.business_minutes is not null and clocks.target_business_minutes is null)
    or (
        clocks.started_at >= calendars.known_from
        and (
            (clocks.business_minutes is null and clocks.target_business_minutes is not null)
            or (clocks.due_at is null and not clocks.is_paused_now)
        )
    )
    or clocks.business_minutes < 0
    or clocks.due_at < clocks.started_at
    or (clocks.status = 'met' and clocks.met_at is null)
    or (clocks.status in ('running', 'cancelled') and clocks.met_at is not null)
union all
select 'fct_lead_stage' as mart, cast(stages.lead_stage_key as {{ dbt.type_string() }}) as row_id
from {{ ref('fct_lead_stage') }} as stages
cross join calendars
where (
        stages.business_minutes_in_stage is not null
        and (stages.entered_at is null or stages.left_at is null)
    )
    or (
        stages.entered_at >= calendars.known_from
        and stages.left_at is not null
        and stages.business_minutes_in_stage is null
    )
    or stages.business_minutes_in_stage < 0
    or stages.business_minutes_in_stage > stages.minutes_in_stage
union all
select
    'fct_ticket_handoff' as mart,
    cast(handoffs.ticket_handoff_key as {{ dbt.type_string() }}) as row_id
from {{ ref('fct_ticket_handoff') }} as handoffs
cross join calendars
where (
        handoffs.handed_over_at >= calendars.known_from
        and (
            handoffs.wait_business_minutes is null
            or (handoffs.answer_business_minutes is null and handoffs.answered_at is not null)
        )
    )
    or handoffs.wait_business_minutes < 0
    or handoffs.wait_business_minutes > handoffs.wait_minutes
    or (handoffs.answer_business_minutes is not null and handoffs.answered_at is null)

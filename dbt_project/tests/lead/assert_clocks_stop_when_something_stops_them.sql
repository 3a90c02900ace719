-- A duration stands exactly where both of its ends are known, and none is negative. (The joins that
-- look up business time once lost nulls; see the macro business_clock.)
select 'fct_ticket' as mart, ticket_id as row_id
from {{ ref('fct_ticket') }}
where (resolution_business_minutes is null) <> (resolved_at is null)
    or waited_business_minutes is null
    or waited_business_minutes < 0
    or resolution_business_minutes < 0
union all
select 'fct_lead_sla' as mart, cast(lead_sla_key as {{ dbt.type_string() }}) as row_id
from {{ ref('fct_lead_sla') }}
where (business_minutes is null) <> (target_business_minutes is null)
    or business_minutes < 0
    or due_at < started_at
    or (due_at is null and not is_paused_now)
    or (status = 'met' and met_at is null)
    or (status in ('running', 'cancelled') and met_at is not null)
union all
select 'fct_lead_stage' as mart, cast(lead_stage_key as {{ dbt.type_string() }}) as row_id
from {{ ref('fct_lead_stage') }}
where (business_minutes_in_stage is null) <> (entered_at is null or left_at is null)
    or business_minutes_in_stage < 0
    or business_minutes_in_stage > minutes_in_stage
union all
select 'fct_ticket_handoff' as mart, cast(ticket_handoff_key as {{ dbt.type_string() }}) as row_id
from {{ ref('fct_ticket_handoff') }}
where wait_business_minutes is null
    or wait_business_minutes < 0
    or wait_business_minutes > wait_minutes
    or (answer_business_minutes is null) <> (answered_at is null)

-- Kinds of event of which the timeline holds more or fewer rows than the facts they come from.
with held as (
    select event_kind, count(*) as row_count
    from {{ ref('customer_timeline') }}
    group by event_kind
),

told as (
    select 'touchpoint' as event_kind, count(*) as row_count
    from {{ ref('fct_touchpoint') }}
    where customer_key <> {{ unknown_key() }}
    union all
    select 'lead stage', count(*)
    from {{ ref('fct_lead_stage') }}
    where customer_key <> {{ unknown_key() }}
        and record_lead_key = lead_key
        and stage not in ('captured', 'won')
    union all
    select 'answer', count(*)
    from {{ ref('fct_answer') }}
    where customer_key <> {{ unknown_key() }} and is_counted
    union all
    select
        'ticket',
        coalesce(sum(
            case when first_response_at is null then 0 else 1 end
            + case when resolved_at is null then 0 else 1 end
            + handoff_count + reopen_count
        ), 0)
    from {{ ref('fct_ticket') }}
    where customer_key <> {{ unknown_key() }} and is_counted and source_system <> 'social'
    union all
    select 'consent', count(*) from {{ ref('int_customer__consent_versions') }}
    union all
    select 'first seen', count(*)
    from {{ ref('dim_customer') }}
    where is_current and is_identified
)

select
    told.event_kind,
    told.row_count as told_rows,
    held.row_count as held_rows
from told
left join held on told.event_kind = held.event_kind
where told.row_count <> coalesce(held.row_count, 0)

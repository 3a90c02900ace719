{{ config(materialized='view') }}
{#
    Grain: stage that sales gave to a customer's lead, or answer that service gave on a topic. Fact
    type: transaction. That the lead was captured and the deal won are contacts, not events here.
    Each record of a lead tells its own.
#}
with lead_stages as (
    select * from {{ ref('fct_lead_stage') }}
    where customer_key <> {{ unknown_key() }}
        and record_lead_key = lead_key
        and stage not in ('captured', 'won')
),

leads as (
    select lead_key, lead_id, channel_key from {{ ref('fct_lead') }}
),

answers as (
    select * from {{ ref('fct_answer') }}
    where customer_key <> {{ unknown_key() }}
        and is_counted
),

tickets as (
    select ticket_key, ticket_id from {{ ref('fct_ticket') }}
),

int_customer__case_events as (
    select
        lead_stages.lead_stage_key as event_key,
        'lead stage' as event_kind,
        lead_stages.customer_key,
        lead_stages.entered_at as occurred_at,
        3 as order_within_instant,
        lead_stages.department,
        'lead_' || lead_stages.stage as event_type,
        'company' as initiated_by,
        leads.channel_key,
        lead_stages.employee_key,
        'intent' as stage,
        'unknown' as intent,
        leads.lead_id,
        cast(null as {{ dbt.type_string() }}) as ticket_id,
    from lead_stages
    inner join leads on lead_stages.lead_key = leads.lead_key
    union all
    select
        answers.answer_key,
        'answer',
        answers.customer_key,
        answers.answered_at,
        3,
        answers.department,
        case when answers.is_contradiction then 'answer_contradicting' else 'answer' end,
        'company',
        answers.channel_key,
        answers.employee_key,
        'service',
        coalesce(answers.topic, 'unknown'),
        null,
        tickets.ticket_id,
    from answers
    left join tickets on answers.ticket_key = tickets.ticket_key
)

select * from int_customer__case_events

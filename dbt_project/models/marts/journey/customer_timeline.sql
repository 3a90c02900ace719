{#
    Grain: event in a customer's history, in order: contacts with marketing, sales, shops and
    service, stages that sales gave to a lead, what befell tickets, answers, consent, records that
    turned out to be the customer's or not, and the first sign of them. Fact type: transaction.
    Late events take their place; all is computed anew. Messages that were only sent stand here
    too; events of unknown persons do not.
#}
with touchpoints as (
    select * from {{ ref('fct_touchpoint') }}
    where customer_key <> {{ unknown_key() }}
),

steps as (
    select touchpoint_key, journey_key from {{ ref('bridge_journey_touchpoint') }}
),

conversions as (
    select sale_id, revenue_amount from {{ ref('int_journey__conversions_valued') }}
),

sales as (
    select 'sale:' || sale_event_id as touchpoint_id, net_amount
    from {{ ref('int_distributor__sale_headers') }}
    where record_id is not null
),

other_events as (
    select
        event_key, event_kind, customer_key, occurred_at, order_within_instant, department,
        event_type, initiated_by, channel_key, employee_key, stage, intent, lead_id, ticket_id
    from {{ ref('int_customer__case_events') }}
    union all
    select
        event_key, event_kind, customer_key, occurred_at, order_within_instant, department,
        event_type, initiated_by, channel_key, employee_key, stage, intent, null, ticket_id
    from {{ ref('int_customer__life_events') }}
),

channels as (
    select channel_key, channel_name from {{ ref('dim_channel') }}
),

{# At the same instant, a conversion comes after what led to it. #}
events as (
    select
        touchpoints.touchpoint_key as event_key,
        'touchpoint' as event_kind,
        touchpoints.customer_key,
        touchpoints.occurred_at,
        case when touchpoints.is_conversion then 2 else 1 end as order_within_instant,
        touchpoints.department,
        touchpoints.touchpoint_type as event_type,
        touchpoints.initiated_by,
        touchpoints.channel_key,
        touchpoints.campaign_key,
        touchpoints.store_key,
        touchpoints.employee_key,
        touchpoints.stage,
        touchpoints.intent,
        touchpoints.sentiment,
        touchpoints.satisfaction_score,
        conversions.revenue_amount,
        sales.net_amount,
        steps.journey_key,
        touchpoints.sale_id,
        touchpoints.lead_id,
        touchpoints.ticket_id
    from touchpoints
    left join steps on touchpoints.touchpoint_key = steps.touchpoint_key
    {# One equality: with the condition beside it the engine compares every pair of rows. #}
    left join conversions
        on case when touchpoints.is_conversion then touchpoints.sale_id end = conversions.sale_id
    left join sales on touchpoints.touchpoint_id = sales.touchpoint_id
    union all
    select
        event_key,
        event_kind,
        customer_key,
        occurred_at,
        order_within_instant,
        department,
        event_type,
        initiated_by,
        channel_key,
        {{ unknown_key() }},
        {{ unknown_key() }},
        employee_key,
        stage,
        intent,
        null,
        null,
        null,
        null,
        null,
        null,
        lead_id,
        ticket_id
    from other_events
),

customer_timeline as (
    select
        events.event_key,
        events.event_kind,
        events.customer_key,
        cast(
            row_number() over (
                partition by events.customer_key
                order by events.occurred_at, events.order_within_instant, events.event_key
            ) as {{ dbt.type_int() }}
        ) as event_number,
        events.occurred_at,
        events.department,
        events.event_type,
        events.initiated_by,
        channels.channel_name,
        events.campaign_key,
        events.store_key,
        events.employee_key,
        events.stage,
        events.intent,
        events.sentiment,
        events.satisfaction_score,
        events.revenue_amount,
        cast(events.net_amount as double) as net_amount,
        events.journey_key,
        events.sale_id,
        events.lead_id,
        events.ticket_id
    from events
    left join channels on events.channel_key = channels.channel_key
)

select * from customer_timeline

{{ config(materialized='view') }}
{#
    Grain: event in a customer's life that is no contact: what happened to their tickets after they
    opened them, what they consented to, records that turned out to be theirs or not, and the day
    on which anybody first knew them. Of a conversation on a social profile each message is a
    contact, so that its answers are no events here. Fact type: transaction.
#}
with tickets as (
    select * from {{ ref('fct_ticket') }}
    where is_counted
        and customer_key <> {{ unknown_key() }}
        and source_system <> 'social'
),

handoffs as (
    select * from {{ ref('fct_ticket_handoff') }}
),

ticket_states as (
    select * from {{ ref('fct_ticket_state') }}
    where is_reopening
),

consents as (
    select * from {{ ref('int_customer__consent_versions') }}
),

changes as (
    select * from {{ source('derived', 'customer_change') }}
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
    where is_current
        and is_identified
),

{# What befell a ticket: the code of the event tells two of one ticket apart. #}
ticket_events as (
    select
        ticket_key,
        'ticket_answered' as event_type,
        'first' as event_code,
        first_response_at as occurred_at,
        department,
        employee_key,
    from tickets
    where first_response_at is not null
    union all
    select ticket_key, 'ticket_resolved', 'last', resolved_at, department, employee_key
    from tickets
    where resolved_at is not null
    union all
    select
        ticket_key, 'ticket_handed_over',
        cast(ticket_handoff_key as {{ dbt.type_string() }}), handed_over_at,
        to_department, to_employee_key,
    from handoffs
    union all
    select
        tickets.ticket_key, 'ticket_reopened',
        cast(ticket_states.ticket_state_key as {{ dbt.type_string() }}),
        ticket_states.started_at, tickets.department, tickets.employee_key,
    from ticket_states
    inner join tickets on ticket_states.ticket_key = tickets.ticket_key
),

{# A change of identity belongs to whoever the record is today. #}
identity_events as (
    select
        identities.customer_key,
        changes.changed_at,
        changes.change,
        changes.previous_customer_key,
        count(*) as record_count,
    from changes
    inner join identities on changes.record_id = identities.record_id
    group by
        identities.customer_key, changes.changed_at, changes.change,
        changes.previous_customer_key
),

int_customer__life_events as (
    select
        {{ surrogate_key([
            'ticket_events.event_type', 'ticket_events.ticket_key', 'ticket_events.event_code'
        ]) }} as event_key,
        'ticket' as event_kind,
        tickets.customer_key,
        ticket_events.occurred_at,
        4 as order_within_instant,
        ticket_events.department,
        ticket_events.event_type,
        'company' as initiated_by,
        tickets.channel_key,
        ticket_events.employee_key,
        'service' as stage,
        tickets.topic as intent,
        tickets.ticket_id,
    from ticket_events
    inner join tickets on ticket_events.ticket_key = tickets.ticket_key
    where ticket_events.occurred_at is not null
    union all
    select
        {{ surrogate_key(["'consent'", 'customer_key', 'contact_point', 'valid_from']) }},
        'consent', customer_key, valid_from, 2, 'unknown',
        'consent_' || contact_point || '_' || consent_status, 'person',
        {{ unknown_key() }}, {{ unknown_key() }}, 'unknown', 'unknown', null,
    from consents
    union all
    select
        {{ surrogate_key([
            "'identity'", 'customer_key', 'changed_at', 'change', 'previous_customer_key'
        ]) }},
        'identity', customer_key, changed_at, 5, 'unknown', 'customer_' || change, 'company',
        {{ unknown_key() }}, {{ unknown_key() }}, 'unknown', 'unknown', null,
    from identity_events
    union all
    select
        {{ surrogate_key(["'first seen'", 'customer_key']) }},
        'first seen', customer_key, first_seen_at, 0, 'unknown', 'first_seen', 'person',
        {{ unknown_key() }}, {{ unknown_key() }}, 'unknown', 'unknown', null,
    from customers
)

select * from int_customer__life_events

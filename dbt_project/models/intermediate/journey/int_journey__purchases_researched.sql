{#
    Grain: conversion of a known customer (sale, won deal, lead), with the online contacts that led
    to it: contacts on a digital channel, in a stage before the purchase, in its own journey, and
    within the lookback of their channel. A customer is seen online if any such contact is known,
    on whatever day: of the others nothing can be said, since no device of theirs ever logged in.
#}
with steps as (
    select * from {{ ref('int_journey__touchpoints_numbered') }}
),

conversions as (
    select touchpoint_key from {{ ref('fct_touchpoint') }}
    where conversion_type is not null
        and customer_key <> {{ unknown_key() }}
),

channels as (
    select channel_key from {{ ref('dim_channel') }}
    where is_digital
),

company as (
    select journey_lookback_days from {{ source('company', 'company') }}
),

online_contacts as (
    select
        steps.customer_key,
        steps.journey_key,
        steps.touchpoint_key,
        steps.occurred_at,
        company.journey_lookback_days * 86400 as lookback_seconds
    from steps
    inner join channels on steps.channel_key = channels.channel_key
    cross join company
    where steps.stage_rank < {{ stage_rank("'purchase'") }}
        and not steps.is_conversion
        and not steps.is_after_sale
),

customers_seen as (
    select distinct customer_key from online_contacts
),

int_journey__purchases_researched as (
    select
        conversions.touchpoint_key,
        steps.journey_key,
        count(online_contacts.touchpoint_key) as online_contact_count,
        max(online_contacts.occurred_at) as last_online_contact_at,
        count(customers_seen.customer_key) > 0 as is_seen_online
    from conversions
    inner join steps on conversions.touchpoint_key = steps.touchpoint_key
    left join online_contacts
        on steps.journey_key = online_contacts.journey_key
        and steps.touchpoint_key <> online_contacts.touchpoint_key
        and steps.occurred_at >= online_contacts.occurred_at
        and {{ seconds_between('online_contacts.occurred_at', 'steps.occurred_at') }}
            <= online_contacts.lookback_seconds
    left join customers_seen on steps.customer_key = customers_seen.customer_key
    group by conversions.touchpoint_key, steps.journey_key
)

select * from int_journey__purchases_researched

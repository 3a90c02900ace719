{#
    Grain: conversion of a known customer that is a contact (sale, won deal, lead), with the online
    contacts that led to it: on a digital channel, in a stage before the purchase, in the same
    journey and within the channel's lookback. A customer is seen online if any such contact is
    known, on whatever day: of the others nothing can be said, since no device of theirs ever
    logged in.
#}
with steps as (
    select * from {{ ref('int_journey__touchpoints_numbered') }}
    where journey_key <> {{ unknown_key() }}
),

conversions as (
    select touchpoint_key, conversion_type, sale_id from {{ ref('fct_touchpoint') }}
    where conversion_type is not null
        and customer_key <> {{ unknown_key() }}
),

lookbacks as (
    select * from {{ ref('int_journey__channel_lookbacks') }}
    where is_digital
),

online_contacts as (
    select * from steps
    where stage_rank < {{ stage_rank("'purchase'") }}
        and not is_conversion
        and not is_after_sale
        and channel_key in (select channel_key from {{ ref('dim_channel') }} where is_digital)
),

customers_seen as (
    select distinct customer_key from online_contacts
),

led_to as (
    select
        conversions.touchpoint_key,
        count(*) as online_contact_count,
        max(online_contacts.occurred_at) as last_online_contact_at
    from conversions
    inner join steps on conversions.touchpoint_key = steps.touchpoint_key
    inner join online_contacts
        on steps.journey_key = online_contacts.journey_key
        and steps.touchpoint_key <> online_contacts.touchpoint_key
        and steps.occurred_at >= online_contacts.occurred_at
    inner join lookbacks
        on online_contacts.channel_key = lookbacks.channel_key
        and conversions.conversion_type = lookbacks.conversion_type
    where {{ seconds_between('online_contacts.occurred_at', 'steps.occurred_at') }}
        <= lookbacks.lookback_seconds
    group by conversions.touchpoint_key
),

int_journey__conversions_researched as (
    select
        conversions.touchpoint_key,
        conversions.conversion_type,
        conversions.sale_id,
        {{ whole('coalesce(led_to.online_contact_count, 0)') }} as online_contact_count,
        led_to.last_online_contact_at,
        customers_seen.customer_key is not null as is_seen_online
    from conversions
    left join steps on conversions.touchpoint_key = steps.touchpoint_key
    left join led_to on conversions.touchpoint_key = led_to.touchpoint_key
    left join customers_seen on steps.customer_key = customers_seen.customer_key
)

select * from int_journey__conversions_researched

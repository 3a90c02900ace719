{#
    Grain: conversion of a known customer (sale, won deal, lead), with the online contacts that led
    to it: contacts on a digital channel, in a stage before the purchase, in the same journey and
    within the lookback of their channel. A customer is seen online if any such contact is known,
    on whatever day: of the others nothing can be said, since no device of theirs ever logged in.
#}
with steps as (
    select * from {{ ref('int_journey__touchpoints_numbered') }}
),

conversions as (
    select touchpoint_key, conversion_type, sale_id from {{ ref('fct_touchpoint') }}
    where conversion_type is not null
        and customer_key <> {{ unknown_key() }}
),

digital_channels as (
    select channel_key, channel_code from {{ ref('dim_channel') }}
    where is_digital
),

channel_rules as (
    select channel_code, lookback_days from {{ source('company', 'channel') }}
),

company as (
    select journey_lookback_days from {{ source('company', 'company') }}
),

channels as (
    select
        digital_channels.channel_key,
        coalesce(channel_rules.lookback_days, company.journey_lookback_days) * 86400
            as lookback_seconds
    from digital_channels
    cross join company
    left join channel_rules on digital_channels.channel_code = channel_rules.channel_code
),

online_contacts as (
    select
        steps.customer_key,
        steps.journey_key,
        steps.touchpoint_key,
        steps.occurred_at,
        channels.lookback_seconds
    from steps
    inner join channels on steps.channel_key = channels.channel_key
    where steps.stage_rank < {{ stage_rank("'purchase'") }}
        and not steps.is_conversion
        and not steps.is_after_sale
),

customers_seen as (
    select distinct customer_key from online_contacts
),

int_journey__conversions_researched as (
    select
        conversions.touchpoint_key,
        conversions.conversion_type,
        conversions.sale_id,
        steps.journey_key,
        {{ whole('count(online_contacts.touchpoint_key)') }} as online_contact_count,
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
    group by
        conversions.touchpoint_key,
        conversions.conversion_type,
        conversions.sale_id,
        steps.journey_key
)

select * from int_journey__conversions_researched

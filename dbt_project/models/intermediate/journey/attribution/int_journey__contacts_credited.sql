{#
    Grain: conversion and contact that may share in its credit: a step of its journey at or before
    the conversion, within the lookback of the contact's channel, else of the kind of conversion,
    else of the company. Purchases, won deals and service after a sale are no such contacts. A
    conversion that is told of a contact before the purchase is one, for itself, too: the capture of
    a lead, a click that another system marks as sold. Its channel is the evidence of what brought it.
#}
with conversions as (
    select * from {{ ref('fct_conversion') }}
    where journey_key <> {{ unknown_key() }}
),

steps as (
    select * from {{ ref('int_journey__touchpoints_numbered') }}
    where not is_after_sale
),

purchases as (
    select touchpoint_type from {{ ref('dim_touchpoint_type') }}
    where default_stage = 'purchase'
),

touchpoints as (
    select touchpoint_key, campaign_key, creative_key, is_direct
    from {{ ref('fct_touchpoint') }}
    where conversion_type is null
        or touchpoint_type not in (select touchpoint_type from purchases)
),

lookbacks as (
    select * from {{ ref('int_journey__channel_lookbacks') }}
),

int_journey__contacts_credited as (
    select
        conversions.conversion_key,
        conversions.conversion_type,
        conversions.journey_key,
        steps.touchpoint_key,
        steps.step_number,
        steps.channel_key,
        lookbacks.channel_code,
        touchpoints.campaign_key,
        touchpoints.creative_key,
        touchpoints.is_direct,
        steps.occurred_at
    from conversions
    inner join steps
        on conversions.journey_key = steps.journey_key
        and conversions.converted_at >= steps.occurred_at
    inner join touchpoints on steps.touchpoint_key = touchpoints.touchpoint_key
    inner join lookbacks
        on steps.channel_key = lookbacks.channel_key
        and conversions.conversion_type = lookbacks.conversion_type
    where {{ seconds_between('steps.occurred_at', 'conversions.converted_at') }}
        <= lookbacks.lookback_seconds
)

select * from int_journey__contacts_credited

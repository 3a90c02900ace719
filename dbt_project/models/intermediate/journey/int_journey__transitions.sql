{{ config(materialized='view') }}
{#
    Grain: move of a journey from one contact to the next, from its start to the first, and from the
    last to its end: conversion, lapse, or open as yet. A journey of n contacts has n + 1. What
    comes after a sale is no move of the journey that ended. A move happens on the business day of
    the contact that it leads to; a lapse on the day on which the journey lapsed; a journey that is
    open stands at its last contact.
#}
with steps as (
    select * from {{ ref('int_journey__touchpoints_numbered') }}
    where not is_after_sale
),

journeys as (
    select journey_key, market_code, outcome, touchpoint_count, ended_at
    from {{ ref('fct_journey') }}
),

touchpoints as (
    select touchpoint_key, touchpoint_date from {{ ref('fct_touchpoint') }}
),

channels as (
    select channel_key, channel_code from {{ ref('dim_channel') }}
),

placed as (
    select
        steps.*,
        journeys.market_code,
        journeys.outcome,
        journeys.ended_at,
        journeys.touchpoint_count,
        touchpoints.touchpoint_date,
        channels.channel_code
    from steps
    inner join journeys on steps.journey_key = journeys.journey_key
    inner join touchpoints on steps.touchpoint_key = touchpoints.touchpoint_key
    left join channels on steps.channel_key = channels.channel_key
),

arrivals as (
    select
        placed.journey_key,
        placed.step_number as transition_number,
        placed.market_code,
        placed.touchpoint_date as transition_date,
        coalesce(placed.previous_channel_key, {{ unknown_key() }}) as from_channel_key,
        case when placed.previous_at is null then '(start)' else channels.channel_code end
            as from_channel,
        case when placed.previous_at is null then '(start)'
            else {{ stage_of_rank('placed.previous_stage_rank') }} end as from_stage,
        case when placed.is_conversion then {{ unknown_key() }} else placed.channel_key end
            as to_channel_key,
        case when placed.is_conversion then '(conversion)' else placed.channel_code end
            as to_channel,
        case when placed.is_conversion then '(conversion)' else placed.stage end as to_stage,
        {{ seconds_between('placed.previous_at', 'placed.occurred_at') }} as seconds_between
    from placed
    left join channels on placed.previous_channel_key = channels.channel_key
),

endings as (
    select
        journey_key,
        step_number + 1 as transition_number,
        market_code,
        case when outcome = 'lapsed' then cast(ended_at as date) else touchpoint_date end
            as transition_date,
        channel_key as from_channel_key,
        channel_code as from_channel,
        stage as from_stage,
        {{ unknown_key() }} as to_channel_key,
        case when outcome = 'lapsed' then '(lapse)' else '(open)' end as to_channel,
        case when outcome = 'lapsed' then '(lapse)' else '(open)' end as to_stage,
        cast(null as {{ dbt.type_bigint() }}) as seconds_between
    from placed
    where outcome <> 'converted'
        and step_number = touchpoint_count
),

int_journey__transitions as (
    select * from arrivals
    union all
    select * from endings
)

select * from int_journey__transitions

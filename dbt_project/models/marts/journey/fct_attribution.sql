{#
    Grain: conversion, contact and attribution model that gives it credit. Fact type: transaction.
    The contacts that may share in a conversion's credit do so by nine models. A conversion that
    nothing led to keeps its credit on the unknown touchpoint. The credit of each model sums exactly
    to the conversions, their revenue, refunds and margin. Every day's journeys change what the
    models learn, so all is computed anew.
#}
{%- set graded = ['time_decay'] + learning_models() %}
with conversions as (
    select * from {{ ref('fct_conversion') }}
),

contacts as (
    select * from {{ ref('int_journey__contacts_weighed') }}
),

models as (
    {%- for model in attribution_models() %}
    select '{{ model }}' as attribution_model
    {%- if not loop.last %} union all{% endif %}
    {%- endfor %}
),

{# Where no channel of a path has a weight, its channels share equally. #}
filled as (
    select
        *
        {%- for model in learning_models() %},
        case when sum({{ model }}_units) over path > 0 then {{ model }}_units else channel_units end
            as {{ model }}_filled
        {%- endfor %},
        time_decay_units as time_decay_filled
    from contacts
    window path as (partition by conversion_key)
),

{# A share below a billionth of the path is none. #}
kept as (
    select
        *
        {%- for model in attribution_models() if model not in graded %},
        {{ model }}_units as {{ model }}_kept
        {%- endfor %}
        {%- for model in graded %},
        case
            when cast({{ model }}_filled as double)
                >= 1e-9 * cast(sum({{ model }}_filled) over path as double) then {{ model }}_filled
            else 0
        end as {{ model }}_kept
        {%- endfor %}
    from filled
    window path as (partition by conversion_key)
),

summed as (
    select
        conversion_key,
        touchpoint_key,
        channel_key,
        campaign_key,
        creative_key
        {%- for model in attribution_models() %},
        {{ model }}_kept,
        sum({{ model }}_kept) over along as {{ model }}_until,
        sum({{ model }}_kept) over path as {{ model }}_total
        {%- endfor %}
    from kept
    window
        path as (partition by conversion_key),
        along as (
            partition by conversion_key order by step_number
            rows between unbounded preceding and current row
        )
),

credited as (
    {%- for model in attribution_models() %}
    select
        conversion_key,
        touchpoint_key,
        channel_key,
        campaign_key,
        creative_key,
        '{{ model }}' as attribution_model,
        cast({{ model }}_until - {{ model }}_kept as bigint) as share_before,
        cast({{ model }}_until as bigint) as share_until,
        cast({{ model }}_total as bigint) as share_total
    from summed
    where {{ model }}_kept > 0
    union all
    {%- endfor %}
    select
        conversions.conversion_key,
        {{ unknown_key() }},
        {{ unknown_key() }},
        {{ unknown_key() }},
        {{ unknown_key() }},
        models.attribution_model,
        0,
        1,
        1
    from conversions
    cross join models
    where conversions.conversion_key not in (select conversion_key from contacts)
),

valued as (
    select
        credited.*,
        conversions.conversion_type,
        conversions.journey_key,
        conversions.customer_key,
        conversions.conversion_date_key,
        {{ credited_part('cast(1 as decimal(18, 10))', 10) }} as weight,
        {{ credited_part('conversions.revenue_amount', 4) }} as credited_revenue_amount,
        {{ credited_part('conversions.refunded_amount', 4) }} as credited_refunded_amount,
        {{ credited_part('conversions.margin_amount', 4) }} as credited_margin_amount
    from credited
    inner join conversions on credited.conversion_key = conversions.conversion_key
),

fct_attribution as (
    select
        conversion_key,
        touchpoint_key,
        attribution_model,
        conversion_type,
        journey_key,
        customer_key,
        conversion_date_key,
        channel_key,
        campaign_key,
        creative_key,
        touchpoint_key <> {{ unknown_key() }} as is_attributed,
        weight,
        weight as credited_conversions,
        credited_revenue_amount,
        credited_refunded_amount,
        cast(credited_revenue_amount - credited_refunded_amount as decimal(18, 4))
            as credited_net_revenue_amount,
        credited_margin_amount
    from valued
)

select * from fct_attribution

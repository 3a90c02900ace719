{#
    Grain: conversion, contact and attribution model that gives it credit. Fact type: transaction.
    The contacts that may share in a conversion's credit do so by nine models; markov, shapley and
    shapley_rate weigh a contact by its channel, as learnt from all journeys, and the contacts of
    one channel share equally. A conversion that nothing led to keeps its credit on the unknown
    touchpoint. The credit of each model sums exactly to the conversions, their revenue, refunds
    and margin. Every day's journeys change what the models learn, so all is computed anew.
#}
{%- set graded = ['time_decay'] + learning_models() %}
with conversions as (
    select * from {{ ref('fct_conversion') }}
),

contacts as (
    select * from {{ ref('int_journey__contacts_credited') }}
),

rules as (
    select * from {{ source('company', 'attribution_rule') }}
),

weights as (
    select
        conversion_type,
        channel_code
        {%- for model in learning_models() %},
        max(case when attribution_model = '{{ model }}' then weight end) as {{ model }}_weight
        {%- endfor %}
    from {{ ref('int_journey__channels_weighed') }}
    group by conversion_type, channel_code
),

models as (
    {%- for model in attribution_models() %}
    select '{{ model }}' as attribution_model
    {%- if not loop.last %} union all{% endif %}
    {%- endfor %}
),

placed as (
    select
        *,
        row_number() over (partition by conversion_key order by step_number) as place,
        count(*) over conversion as contact_count,
        max(step_number) over conversion as last_step,
        max(case when not is_direct then step_number end) over conversion as last_named_step,
        max(occurred_at) over conversion as last_contact_at,
        count(*) over (partition by conversion_key, channel_key) as channel_contact_count
    from contacts
    window conversion as (partition by conversion_key)
),

shared as (
    select
        placed.*,
        case when placed.place = 1 then 1 else 0 end as first_touch_share,
        case when placed.step_number = placed.last_step then 1 else 0 end as last_touch_share,
        case when placed.step_number = coalesce(placed.last_named_step, placed.last_step) then 1
            else 0 end as last_non_direct_share,
        1 as linear_share,
        {{ share_by_position(
            'placed.place', 'placed.contact_count', 'rules.first_weight', 'rules.last_weight'
        ) }} as position_based_share,
        power(
            0.5,
            {{ seconds_between('placed.occurred_at', 'placed.last_contact_at') }}
            / (86400.0 * rules.half_life_days)
        ) as time_decay_share
        {%- for model in learning_models() %},
        coalesce(weights.{{ model }}_weight, 0) / placed.channel_contact_count
            as {{ model }}_share
        {%- endfor %}
    from placed
    cross join rules
    left join weights
        on placed.conversion_type = weights.conversion_type
        and placed.channel_code = weights.channel_code
),

{# Whole numbers, whose sums do not depend on the order of adding. #}
counted as (
    select
        *,
        cast(round(1e12 / channel_contact_count) as bigint) as channel_units
        {%- for model in attribution_models() %},
        cast(round({{ model }}_share * 1e12) as bigint) as {{ model }}_units
        {%- endfor %}
    from shared
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
    from counted
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

{#
    Grain: conversion, contact and attribution model that gives it credit. Fact type: transaction.
    The contacts that may share in a conversion's credit do so by nine models; markov, shapley and
    shapley_rate weigh a contact by its channel, as learnt from all journeys, and the contacts of
    one channel share equally. A conversion that nothing led to keeps its credit on the unknown
    touchpoint. The credit of each model sums exactly to the conversions, their revenue, refunds
    and margin. Every day's journeys change what the models learn, so all is computed anew.
#}
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
    select conversion_type, attribution_model, channel_code, weight
    from {{ ref('int_journey__channels_weighed') }}
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

weighed as (
    select
        placed.conversion_key,
        placed.touchpoint_key,
        placed.step_number,
        placed.channel_key,
        placed.campaign_key,
        placed.creative_key,
        models.attribution_model,
        1.0 / placed.channel_contact_count as share_of_channel,
        case models.attribution_model
            when 'first_touch' then case when placed.place = 1 then 1 else 0 end
            when 'last_touch' then case when placed.step_number = placed.last_step then 1 else 0 end
            when 'last_non_direct'
                then case
                    when placed.step_number = coalesce(placed.last_named_step, placed.last_step)
                        then 1 else 0 end
            when 'linear' then 1
            when 'position_based' then {{ share_by_position(
                'placed.place', 'placed.contact_count', 'rules.first_weight', 'rules.last_weight'
            ) }}
            when 'time_decay'
                then power(
                    0.5,
                    {{ seconds_between('placed.occurred_at', 'placed.last_contact_at') }}
                    / (86400.0 * rules.half_life_days)
                )
            else coalesce(weights.weight, 0) / placed.channel_contact_count
        end as share
    from placed
    cross join models
    cross join rules
    left join weights
        on placed.conversion_type = weights.conversion_type
        and models.attribution_model = weights.attribution_model
        and placed.channel_code = weights.channel_code
),

{# Whole numbers, whose sums do not depend on the order of adding. Where no channel of a path has a
   weight, its channels share equally. A share below a billionth of the path is none. #}
counted as (
    select
        *,
        cast(round(share * 1e12) as bigint) as share_units,
        sum(cast(round(share * 1e12) as bigint)) over path as path_units,
        sum(cast(round(share_of_channel * 1e12) as bigint)) over path as path_channel_units
    from weighed
    window path as (partition by conversion_key, attribution_model)
),

kept as (
    select
        *,
        case when path_units > 0 then share_units
            else cast(round(share_of_channel * 1e12) as bigint) end as units
    from counted
    where case
        when path_units > 0 then cast(share_units as double) / cast(path_units as double) >= 1e-9
        else cast(share_of_channel * 1e12 as double) / cast(path_channel_units as double) >= 1e-9
    end
),

shared as (
    select
        *,
        cast(sum(units) over along as bigint) as share_until,
        cast(sum(units) over along - units as bigint) as share_before,
        cast(sum(units) over path as bigint) as share_total
    from kept
    window
        path as (partition by conversion_key, attribution_model),
        along as (
            partition by conversion_key, attribution_model order by step_number
            rows between unbounded preceding and current row
        )
),

credited as (
    select
        conversion_key,
        touchpoint_key,
        channel_key,
        campaign_key,
        creative_key,
        attribution_model,
        share_before,
        share_until,
        share_total
    from shared
    union all
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

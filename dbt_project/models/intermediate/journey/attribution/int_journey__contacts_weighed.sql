{#
    Grain: conversion and contact that may share in its credit, with its share by each model, before
    the shares of a path are made to sum to one: units of a trillionth. markov, shapley and
    shapley_rate weigh a contact by its channel, as learnt from all journeys, and the contacts of one
    channel share equally: channel_units.
#}
with contacts as (
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
int_journey__contacts_weighed as (
    select
        conversion_key,
        touchpoint_key,
        step_number,
        channel_key,
        campaign_key,
        creative_key,
        cast(round(1e12 / channel_contact_count) as bigint) as channel_units
        {%- for model in attribution_models() %},
        cast(round({{ model }}_share * 1e12) as bigint) as {{ model }}_units
        {%- endfor %}
    from shared
)

select * from int_journey__contacts_weighed

{#
    Grain: journey. What its steps say of it, before places and amounts are added.
    Path, switches, loops and back-steps are those of the contacts before the conversion; the
    conversion is where the path ends, and service afterwards is counted apart.
    A loop is a stage entered again, a back-step a move to an earlier stage, a skipped stage one
    that the next contact, or the conversion, jumped over. An unknown stage is a stage of its own.
#}
with steps as (
    select
        *,
        not is_conversion and not is_after_sale as is_contact
    from {{ ref('int_journey__touchpoints_numbered') }}
),

channels as (
    select
        channel_key,
        channel_code,
        row_number() over (order by channel_code) as channel_number
    from {{ ref('dim_channel') }}
),

codes as (
    select {{ code_list('channel_code', 'channel_number') }} as codes
    from channels
),

summed as (
    select
        steps.journey_key,
        steps.customer_key,
        steps.journey_number,
        min(steps.occurred_at) as started_at,
        max(case when not steps.is_after_sale then steps.occurred_at end) as last_touch_at,
        max(case when steps.is_conversion then steps.occurred_at end) as converted_at,
        max(case when steps.is_conversion then steps.touchpoint_key end)
            as conversion_touchpoint_key,
        {{ channel_list('steps.step_number', 'channels.channel_number', 'steps.is_contact') }}
            as path_channels,
        sum(case when steps.is_contact then 1 else 0 end) as touchpoint_count,
        {% for stage in
            ['awareness', 'consideration', 'intent', 'purchase', 'service', 'loyalty'] %}
        min(case when steps.stage_rank = {{ loop.index }} then steps.occurred_at end)
            as {{ stage }}_at,
        {% endfor %}
        sum(
            case
                when steps.is_contact and steps.channel_key <> steps.previous_channel_key then 1
                else 0
            end
        ) as switch_count,
        sum(
            case
                when steps.is_contact
                    and steps.stage_rank <> coalesce(steps.previous_stage_rank, -1) then 1
                else 0
            end
        ) as stages_entered,
        {% for rank in range(7) %}
        max(case when steps.is_contact and steps.stage_rank = {{ rank }} then 1 else 0 end)
        {{- ' +' if not loop.last else ' as stages_seen,' }}
        {% endfor %}
        sum(
            case
                when steps.is_contact
                    and steps.stage_rank between 1 and steps.previous_stage_rank - 1 then 1
                else 0
            end
        ) as back_step_count,
        sum(
            case
                when not steps.is_after_sale
                    and steps.previous_stage_rank >= 1
                    and steps.stage_rank > steps.previous_stage_rank + 1
                    then steps.stage_rank - steps.previous_stage_rank - 1
                else 0
            end
        ) as skipped_stage_count,
        max(
            case
                when steps.is_after_sale or steps.previous_at is null then 0
                else {{ seconds_between('steps.previous_at', 'steps.occurred_at') }}
            end
        ) as longest_pause_seconds,
        sum(case when steps.is_after_sale then 1 else 0 end) as after_sale_count
    from steps
    left join channels on steps.channel_key = channels.channel_key
    group by steps.journey_key, steps.customer_key, steps.journey_number
),

int_journey__paths_described as (
    select
        summed.journey_key,
        summed.customer_key,
        summed.journey_number,
        summed.started_at,
        summed.last_touch_at,
        summed.converted_at,
        summed.conversion_touchpoint_key,
        {{ channels_as_text('summed.path_channels', 'codes.codes') }} as path,
        {{ channels_as_text(channels_collapsed('summed.path_channels'), 'codes.codes') }}
            as path_collapsed,
        summed.touchpoint_count,
        {{ channel_count('summed.path_channels') }} as distinct_channel_count,
        summed.awareness_at,
        summed.consideration_at,
        summed.intent_at,
        summed.purchase_at,
        summed.service_at,
        summed.loyalty_at,
        summed.switch_count,
        summed.stages_entered - summed.stages_seen as loop_count,
        summed.back_step_count,
        summed.skipped_stage_count,
        summed.longest_pause_seconds,
        summed.after_sale_count
    from summed
    cross join codes
)

select * from int_journey__paths_described

{#
    Grain: journey. What its steps say of it, before places and amounts are added.
    Path, switches, loops and back-steps are those of the contacts before the conversion; the
    conversion is where the path ends, and service afterwards is counted apart.
    A loop is a stage entered again, a back-step a move to an earlier stage, a skipped stage one
    that the next contact, or the conversion, jumped over.
#}
with steps as (
    select * from {{ ref('int_journey__touchpoints_numbered') }}
),

channels as (
    select channel_key, channel_code from {{ ref('dim_channel') }}
),

compared as (
    select
        steps.*,
        channels.channel_code,
        not steps.is_conversion and not steps.is_after_sale as is_contact,
        lag(steps.channel_key) over along as previous_channel_key,
        lag(steps.stage) over along as previous_stage,
        lag(steps.stage_rank) over along as previous_stage_rank,
        lag(steps.occurred_at) over along as previous_at
    from steps
    left join channels on steps.channel_key = channels.channel_key
    window along as (partition by steps.journey_key order by steps.step_number)
),

int_journey__paths_described as (
    select
        journey_key,
        customer_key,
        journey_number,
        min(occurred_at) as started_at,
        max(case when not is_after_sale then occurred_at end) as last_touch_at,
        max(case when is_conversion then occurred_at end) as converted_at,
        max(case when is_conversion then touchpoint_key end) as conversion_touchpoint_key,
        {{ joined_in_order('case when is_contact then channel_code end', 'step_number') }} as path,
        {{ joined_in_order(
            "case when is_contact and channel_key is distinct from previous_channel_key
                then channel_code end",
            'step_number',
        ) }} as path_collapsed,
        sum(case when is_contact then 1 else 0 end) as touchpoint_count,
        count(distinct case when is_contact then channel_key end) as distinct_channel_count,
        min(case when stage = 'awareness' then occurred_at end) as awareness_at,
        min(case when stage = 'consideration' then occurred_at end) as consideration_at,
        min(case when stage = 'intent' then occurred_at end) as intent_at,
        min(case when stage = 'purchase' then occurred_at end) as purchase_at,
        min(case when stage = 'service' then occurred_at end) as service_at,
        min(case when stage = 'loyalty' then occurred_at end) as loyalty_at,
        sum(case when is_contact and channel_key <> previous_channel_key then 1 else 0 end)
            as switch_count,
        sum(
            case when is_contact and stage is distinct from previous_stage then 1 else 0 end
        ) - count(distinct case when is_contact then stage end) as loop_count,
        sum(case when is_contact and stage_rank < previous_stage_rank then 1 else 0 end)
            as back_step_count,
        sum(
            case when not is_after_sale and stage_rank > previous_stage_rank + 1
                then stage_rank - previous_stage_rank - 1 else 0 end
        ) as skipped_stage_count,
        max(
            case when is_after_sale then 0
                else coalesce({{ seconds_between('previous_at', 'occurred_at') }}, 0) end
        ) as longest_pause_seconds,
        sum(case when is_after_sale then 1 else 0 end) as after_sale_count
    from compared
    group by journey_key, customer_key, journey_number
)

select * from int_journey__paths_described

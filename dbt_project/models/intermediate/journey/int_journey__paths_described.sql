{{ config(materialized='view') }}
{#
    Grain: journey. What its steps say of it, before places and amounts are added; the rules are
    those of macros/journey_descriptions.sql.
#}
{%- set layout = warehouse_steps() %}
with journeys as (
    select
        *,
        customer_key as person
    from {{ ref('int_journey__journeys_packed') }}
),

rules as (
    select * from {{ ref('int_journey__rules') }}
),

codes as (
    select
        {{ code_list('channel_code', 'channel_number') }} as channel_codes,
        {{ stage_list() }} as stage_codes
    from {{ ref('int_journey__channel_numbers') }}
),

channels as (
    select * from {{ ref('int_journey__channel_numbers') }}
),

{{ journeys_described(layout) }},

int_journey__paths_described as (
    select
        described.first_key as journey_key,
        described.person as customer_key,
        described.journey_number,
        described.started_at,
        described.last_touch_at,
        described.converted_at,
        described.conversion_key as conversion_touchpoint_key,
        case when described.is_repeat then 'repeat' else 'first_purchase' end as cycle,
        described.is_reopened,
        described.reopened_key as reopened_journey_key,
        described.reopened_after_micros,
        channels.channel_key as last_channel_key,
        described.path,
        described.path_collapsed,
        described.path_unique,
        described.path_first,
        described.stage_path,
        described.contact_count as touchpoint_count,
        described.distinct_channel_count,
        {% for stage in journey_stages() %}
        described.stage_{{ loop.index }}_at as {{ stage }}_at,
        {% endfor %}
        described.switch_count,
        described.loop_count,
        described.back_step_count,
        described.skipped_stage_count,
        described.stall_count,
        described.longest_pause_micros,
        described.median_pause_micros,
        described.mean_pause_micros,
        described.repeat_contact_count,
        described.after_sale_count,
        described.conversion_count,
        described.lead_count,
        described.lead_at,
        described.anonymous_count as anonymous_touchpoint_count,
        described.is_anonymous_start,
        described.identified_at
    from described
    left join channels on described.last_channel = channels.channel_number
)

select * from int_journey__paths_described

{#
    Grain: touchpoint that is a step of a journey, with the number of the journey in the
    customer's life, as macros/journeys.sql numbers them. Only engagements of known customers are
    steps; a click on a message and the visit of the same campaign that it opens are one contact:
    the visit.
#}
{%- set layout = warehouse_steps() %}
with journeys as (
    select * from {{ ref('int_journey__journeys_packed') }}
    where journey_number > 0
),

channels as (
    select * from {{ ref('int_journey__channel_numbers') }}
),

unpacked as (
    select
        customer_key,
        journey_number,
        {{ step_key(list_at('steps', '1'), layout) }} as journey_key,
        {{ list_rows(list_numbers(1, list_length('steps'))) }} as step_number,
        steps
    from journeys
),

placed as (
    select
        customer_key,
        journey_number,
        journey_key,
        step_number,
        {{ list_at('steps', 'step_number') }} as step,
        case when step_number > 1 then {{ list_at('steps', 'step_number - 1') }} end as previous
    from unpacked
),

int_journey__touchpoints_numbered as (
    select
        placed.customer_key,
        placed.journey_number,
        {{ step_key('placed.step', layout) }} as touchpoint_key,
        placed.step_number,
        placed.journey_key,
        {{ step_at('placed.step', layout) }} as occurred_at,
        {{ step_at('placed.previous', layout) }} as previous_at,
        channels.channel_key,
        previous_channels.channel_key as previous_channel_key,
        {{ stage_of_rank(step_stage('placed.step', layout)) }} as stage,
        {{ step_stage('placed.step', layout) }} as stage_rank,
        {{ step_stage('placed.previous', layout) }} as previous_stage_rank,
        {{ step_ends('placed.step', layout) }} as is_conversion,
        {{ step_flag('placed.step', 'after_sale', layout) }} as is_after_sale,
        {{ step_flag('placed.step', 'anonymous', layout) }} as is_anonymous
    from placed
    inner join channels on {{ step_channel('placed.step', layout) }} = channels.channel_number
    left join channels as previous_channels
        on {{ step_channel('placed.previous', layout) }} = previous_channels.channel_number
)

select * from int_journey__touchpoints_numbered

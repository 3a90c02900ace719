{#
    Grain: touchpoint in a journey, in order. Fact type: bridge. Each touchpoint stands in one
    journey at most; exposures (messages sent, ads mailed in bulk) and contacts of unknown persons
    in none. Contacts of known customers that the company's start stages keep out of any journey
    stand here with journey -1, so that none is lost.
#}
{%- set layout = warehouse_steps() %}
with steps as (
    select * from {{ ref('int_journey__touchpoints_numbered') }}
),

outside as (
    select
        customer_key,
        {{ list_rows('steps') }} as step
    from {{ ref('int_journey__journeys_packed') }}
    where journey_number = 0
),

rules as (
    select * from {{ ref('int_journey__rules') }}
),

services as (
    select
        touchpoint_key,
        lag(occurred_at) over (
            partition by journey_key, channel_key order by occurred_at, touchpoint_key
        ) as last_service_at
    from steps
    where stage_rank = {{ stage_rank("'service'") }}
),

bridge_journey_touchpoint as (
    select
        steps.journey_key,
        steps.touchpoint_key,
        steps.customer_key,
        {{ whole('steps.step_number') }} as step_number,
        steps.occurred_at,
        steps.is_conversion,
        steps.is_after_sale,
        steps.is_anonymous,
        not steps.is_after_sale
            and coalesce(
                {{ micros_of('steps.occurred_at') }} - {{ micros_of('steps.previous_at') }}
                > rules.stall_micros,
                false
            ) as is_stall,
        coalesce(
            {{ micros_of('steps.occurred_at') }} - {{ micros_of('services.last_service_at') }}
            <= rules.repeat_micros,
            false
        ) as is_repeat_contact,
        {{ seconds_between('steps.previous_at', 'steps.occurred_at') }} / 60.0
            as minutes_since_previous
    from steps
    cross join rules
    left join services on steps.touchpoint_key = services.touchpoint_key
    union all
    select
        {{ unknown_key() }},
        {{ step_key('step', layout) }},
        customer_key,
        0,
        {{ step_at('step', layout) }},
        false,
        false,
        {{ step_flag('step', 'anonymous', layout) }},
        false,
        false,
        cast(null as {{ dbt.type_float() }})
    from outside
)

select * from bridge_journey_touchpoint

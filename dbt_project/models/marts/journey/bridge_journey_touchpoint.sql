{#
    Grain: touchpoint in a journey, in order. Fact type: bridge. Each touchpoint stands in one
    journey at most; exposures (messages sent, ads mailed in bulk) and contacts of unknown persons
    in none.
#}
with steps as (
    select * from {{ ref('int_journey__touchpoints_numbered') }}
),

bridge_journey_touchpoint as (
    select
        journey_key,
        touchpoint_key,
        customer_key,
        {{ whole('step_number') }} as step_number,
        occurred_at,
        is_conversion,
        is_after_sale,
        {{ seconds_between('previous_at', 'occurred_at') }} / 60.0 as minutes_since_previous
    from steps
)

select * from bridge_journey_touchpoint

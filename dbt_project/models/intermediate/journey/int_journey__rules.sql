{{ config(materialized='view') }}
{# Grain: the company; one row with its rules of journeys, as the macros of journeys read them. #}
with company as (
    select * from {{ source('company', 'company') }}
),

start_stages as (
    select sum(
        case {{ stage_rank('stage') }}
            {%- for rank in range(1, 7) %} when {{ rank }} then {{ 2 ** rank }}{% endfor %}
            else 0 end
    ) as stages
    from {{ source('company', 'journey_start_stage') }}
),

int_journey__rules as (
    select
        company.journey_lapse_days * cast(86400000000 as bigint) as lapse_micros,
        company.session_timeout_minutes * cast(60000000 as bigint) as click_micros,
        company.journey_stall_days * cast(86400000000 as bigint) as stall_micros,
        company.journey_repeat_contact_days * cast(86400000000 as bigint) as repeat_micros,
        company.journey_first_steps as first_steps,
        -- A contact of unknown stage may begin a journey: bit 0.
        cast(1 + coalesce(start_stages.stages, 0) as bigint) as start_stages
    from company
    cross join start_stages
)

select * from int_journey__rules

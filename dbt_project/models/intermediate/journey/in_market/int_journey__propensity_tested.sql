{{ config(materialized='view') }}
{#
    Grain: outcome that is foretold, day that tests the model, and profile: the probability that
    was given to the outcome, and whether it came.
#}
with foretold as (
    select * from {{ ref('int_journey__propensity_foretold') }}
),

cutoffs as (
    select * from {{ ref('int_journey__cutoff_days') }}
    where is_held_out
),

sampled as (
    select * from {{ ref('int_journey__profiles_sampled') }}
),

held_out as (
    select foretold.*, sampled.known_count from foretold
    inner join cutoffs on foretold.cutoff_number = cutoffs.cutoff_number
    inner join sampled
        on foretold.cutoff_number = sampled.cutoff_number
        and foretold.profile_key = sampled.profile_key
),

int_journey__propensity_tested as (
    select
        'purchase' as outcome,
        cutoff_date,
        profile_key,
        known_count,
        purchase_method as method,
        model_version,
        trained_until_date,
        purchase_probability as probability,
        case when is_converted then 1 else 0 end as is_seen
    from held_out
    where purchase_probability is not null
    union all
    select
        'next_step', cutoff_date, profile_key, known_count, step_method, model_version,
        trained_until_date, next_step_probability, case when next_stage <> 'none' then 1 else 0 end
    from held_out
    where next_step_probability is not null
    {%- for stage in journey_stages() %}
    union all
    select
        'next_{{ stage }}', cutoff_date, profile_key, known_count, stage_method, model_version,
        trained_until_date, next_{{ stage }}_probability,
        case when next_stage = '{{ stage }}' then 1 else 0 end
    from held_out
    where next_{{ stage }}_probability is not null
    {%- endfor %}
)

select * from int_journey__propensity_tested

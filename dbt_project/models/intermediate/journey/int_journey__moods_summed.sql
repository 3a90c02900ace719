{{ config(materialized='view') }}
{# Grain: journey in which somebody said how they felt: scores and tagged sentiment. #}
with steps as (
    select journey_key, touchpoint_key from {{ ref('int_journey__touchpoints_numbered') }}
),

touchpoints as (
    select * from {{ ref('fct_touchpoint') }}
    where satisfaction_score is not null or sentiment = 'negative'
),

int_journey__moods_summed as (
    select
        steps.journey_key,
        cast(avg(case when touchpoints.touchpoint_type = 'csat_answered'
            then touchpoints.satisfaction_score end) as double) as csat_score,
        cast(avg(case when touchpoints.touchpoint_type = 'nps_answered'
            then touchpoints.satisfaction_score end) as double) as nps_score,
        sum(case when touchpoints.sentiment = 'negative' then 1 else 0 end) as negative_count
    from touchpoints
    inner join steps on touchpoints.touchpoint_key = steps.touchpoint_key
    group by steps.journey_key
)

select * from int_journey__moods_summed

{{ config(materialized='view') }}
{#
    Grain: known customer who ever said or showed how they felt. Trend: mean score (0 to 1) of the
    90 days before the newest one of anybody, less that of the time before.
#}
with feelings as (
    select * from {{ ref('fct_satisfaction') }}
    where customer_key <> {{ unknown_key() }}
        and score is not null
),

newest as (
    select max(occurred_at) as newest_at from feelings
),

ordered as (
    select
        feelings.*,
        feelings.occurred_at > {{ dbt.dateadd('day', -90, 'newest.newest_at') }} as is_recent,
        row_number() over (
            partition by feelings.customer_key
            order by feelings.occurred_at desc, feelings.satisfaction_key
        ) = 1 as is_last
    from feelings
    cross join newest
),

int_journey__feelings_summed as (
    select
        customer_key,
        count(*) as feeling_count,
        sum(case when is_negative then 1 else 0 end) * 100.0 / count(*) as negative_pct,
        max(case when is_last then occurred_at end) as last_felt_at,
        max(
            case
                when not is_last then null
                when is_negative then 'negative'
                when is_positive then 'positive'
                else 'neutral'
            end
        ) as last_feeling,
        avg(case when is_recent then cast(score as decimal(9, 4)) end)
        - avg(case when not is_recent then cast(score as decimal(9, 4)) end) as satisfaction_trend
    from ordered
    group by customer_key
)

select * from int_journey__feelings_summed

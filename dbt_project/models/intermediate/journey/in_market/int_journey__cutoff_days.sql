{#
    Grain: day on which a customer's next steps are foretold from what was known at its end. Number
    0 is the last day of the data, whose future is not known; 1 the latest day whose horizon is
    over, and each further one a week before. The newest ones test a model that learnt from days
    whose horizon was over on the first day of the test; the model for day 0 learns from all.
#}
with touchpoints as (
    select touchpoint_date from {{ ref('fct_touchpoint') }}
    where customer_key <> {{ unknown_key() }}
),

company as (
    select end_date from {{ source('company', 'company') }}
),

rules as (
    select *, cast(ceil(horizon_days / 7.0) as {{ dbt.type_int() }}) as horizon_weeks
    from {{ source('company', 'in_market') }}
),

bounds as (
    select
        min(touchpoints.touchpoint_date) as first_date,
        max(touchpoints.touchpoint_date) as last_date
    from touchpoints
    cross join company
    where touchpoints.touchpoint_date <= company.end_date
),

days as (
    {{ day_series('first_date', 'last_date') }}
    from bounds
),

numbered as (
    select
        days.day as cutoff_date,
        case when days.day = bounds.last_date then 0
            else 1 + ({{ days_between('days.day', 'bounds.last_date') }} - rules.horizon_days) / 7
        end as cutoff_number,
        rules.*
    from days
    cross join bounds
    cross join rules
    where days.day = bounds.last_date
        or (
            {{ days_after('days.day', 'rules.horizon_days') }} <= bounds.last_date
            and {{ days_after('bounds.first_date', 'rules.horizon_days') }} <= days.day
            and mod(
                {{ days_between('days.day', 'bounds.last_date') }} - rules.horizon_days, 7
            ) = 0
        )
),

int_journey__cutoff_days as (
    select
        {{ whole('cutoff_number') }} as cutoff_number,
        cutoff_date,
        {{ days_after('cutoff_date', 'horizon_days') }} as horizon_end_date,
        cutoff_number = 0 as is_current,
        cutoff_number between 1 and backtest_weeks as is_held_out,
        cutoff_number between 1 and training_weeks as trains_current,
        cutoff_number between backtest_weeks + horizon_weeks
            and backtest_weeks + horizon_weeks + training_weeks - 1 as trains_backtest
    from numbered
    where cutoff_number < backtest_weeks + horizon_weeks + training_weeks
)

select * from int_journey__cutoff_days

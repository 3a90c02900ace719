{#
    Grain: month with a purchase, at whose end customers are valued by what was known then. The
    newest months whose hold-out is over test that; every month of a hold-out must have purchases.
#}
with events as (
    select
        event_date,
        cast({{ dbt.date_trunc('month', 'event_date') }} as date) as month_start_date
    from {{ ref('int_journey__purchase_events') }}
),

rules as (
    select * from {{ source('company', 'customer_value') }}
),

bounds as (
    select max(event_date) as last_date from events
),

months as (
    select distinct month_start_date from events
),

ended as (
    select
        months.month_start_date,
        least({{ dbt.last_day('months.month_start_date', 'month') }}, bounds.last_date)
            as snapshot_date,
        bounds.last_date,
        row_number() over (order by months.month_start_date desc) as month_number
    from months
    cross join bounds
),

held_out as (
    select
        ended.*,
        {{ days_after('ended.snapshot_date', 'rules.holdout_days') }} as holdout_end_date,
        ended.month_number <= rules.fitted_months as is_fitted,
        rules.tested_months
    from ended
    cross join rules
),

followed as (
    select
        held_out.month_start_date,
        held_out.snapshot_date,
        held_out.holdout_end_date,
        held_out.is_fitted,
        held_out.tested_months,
        held_out.holdout_end_date <= held_out.last_date
        and count(months.month_start_date) = {{ dbt.datediff(
            'held_out.month_start_date', 'held_out.holdout_end_date', 'month'
        ) }} as is_over
    from held_out
    left join months
        on held_out.month_start_date < months.month_start_date
        and months.month_start_date <= held_out.holdout_end_date
    group by
        held_out.month_start_date, held_out.snapshot_date, held_out.holdout_end_date,
        held_out.is_fitted, held_out.tested_months, held_out.last_date
),

int_journey__value_months as (
    select
        month_start_date,
        snapshot_date,
        holdout_end_date,
        is_fitted,
        is_over
        and row_number() over (partition by is_over order by month_start_date desc)
            <= tested_months as is_tested
    from followed
)

select * from int_journey__value_months

{#
    Grain: kind of purchase and month from the kind's first on, at whose end customers are valued by
    what was known then. A kind of which nothing was sold for longer than the hold-out has ended, or
    its source has fallen silent: such months are not covered, and nothing is foretold at their end.
    The newest months whose hold-out is over, within what is covered, test what was foretold.
#}
with events as (
    select distinct
        purchase_kind,
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
    select
        months.month_start_date,
        least({{ dbt.last_day('months.month_start_date', 'month') }}, bounds.last_date)
            as snapshot_date
    from (select distinct month_start_date from events) as months
    cross join bounds
),

gaps as (
    select
        purchase_kind,
        event_date,
        case when {{ days_between(
            'lag(event_date) over (partition by purchase_kind order by event_date)', 'event_date'
        ) }} <= rules.holdout_days then 0 else 1 end as begins_anew
    from events
    cross join rules
),

numbered as (
    select
        purchase_kind,
        event_date,
        sum(begins_anew) over (
            partition by purchase_kind order by event_date
            rows between unbounded preceding and current row
        ) as spell_number
    from gaps
),

spells as (
    select
        purchase_kind,
        min(event_date) as first_date,
        max(event_date) as last_date
    from numbered
    group by purchase_kind, spell_number
),

ended as (
    select
        spells.purchase_kind,
        months.month_start_date,
        months.snapshot_date,
        {{ days_after('months.snapshot_date', 'rules.holdout_days') }} as holdout_end_date,
        {{ days_between('max(spells.last_date)', 'months.snapshot_date') }} <= rules.holdout_days
            as is_covered,
        {{ days_after('months.snapshot_date', 'rules.holdout_days') }} <= max(spells.last_date)
            as is_over,
        rules.fitted_months,
        rules.tested_months
    from spells
    inner join months on spells.first_date <= months.snapshot_date
    cross join rules
    group by
        spells.purchase_kind, months.month_start_date, months.snapshot_date, rules.holdout_days,
        rules.fitted_months, rules.tested_months
),

int_journey__value_months as (
    select
        purchase_kind,
        month_start_date,
        snapshot_date,
        holdout_end_date,
        is_covered,
        is_covered
        and row_number() over (
            partition by purchase_kind, is_covered order by month_start_date desc
        ) <= fitted_months as is_fitted,
        is_over
        and row_number() over (
            partition by purchase_kind, is_over order by month_start_date desc
        ) <= tested_months as is_tested
    from ended
)

select * from int_journey__value_months

{#
    Grain: month that tests, kind of purchase, measure (orders, amount) and way of foretelling (the
    model, each customer's rate so far, the mean rate of all). Fact type: periodic snapshot of what
    came in the hold-out after the month. Rebuilt whole: a late sale corrects what came.
#}
with evaluated as (
    select * from {{ ref('int_journey__values_evaluated') }}
),

months as (
    select * from {{ ref('int_journey__value_months') }}
),

customer_value_evaluation as (
    select
        evaluated.month_start_date,
        cast({{ date_key('evaluated.month_start_date') }} as {{ dbt.type_int() }})
            as month_date_key,
        months.holdout_end_date,
        evaluated.purchase_kind,
        evaluated.measure,
        evaluated.forecast,
        evaluated.value_model,
        evaluated.customer_count,
        evaluated.foretold,
        evaluated.came,
        evaluated.foretold_to_came,
        evaluated.mean_absolute_error,
        evaluated.root_mean_squared_error,
        evaluated.rank_correlation,
        evaluated.top_tenth_share
    from evaluated
    inner join months
        on evaluated.purchase_kind = months.purchase_kind
        and evaluated.month_start_date = months.month_start_date
)

select * from customer_value_evaluation

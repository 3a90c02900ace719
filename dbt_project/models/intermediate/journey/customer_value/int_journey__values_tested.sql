{#
    Grain: customer, kind of purchase and month that tests what was foretold at its end: purchases
    and amounts of the hold-out, foretold by the model, by each customer's own rate so far and by
    the mean rate of all, beside those that came. Purchases given back since did not come.
#}
with valued as (
    select * from {{ ref('int_journey__customer_months_valued') }}
    where expected_orders_holdout is not null
),

months as (
    select * from {{ ref('int_journey__value_months') }}
    where is_tested
),

days as (
    select * from {{ ref('int_journey__purchase_days') }}
    where voided_date is null
),

rules as (
    select holdout_days from {{ source('company', 'customer_value') }}
),

came as (
    select
        days.customer_key,
        days.purchase_kind,
        months.month_start_date,
        count(*) as came_orders,
        {{ exact_sum('days.net_amount') }} as came_amount
    from days
    inner join months
        on days.purchase_kind = months.purchase_kind
        and months.snapshot_date < days.purchase_date
        and days.purchase_date <= months.holdout_end_date
    group by days.customer_key, days.purchase_kind, months.month_start_date
),

rates as (
    select
        month_start_date,
        purchase_kind,
        cast(sum(frequency) as double) / nullif(sum(age_days), 0) as mean_rate,
        cast(sum(net_amount_to_date) as double) / nullif(sum(purchase_count), 0)
            as mean_order_amount
    from valued
    group by month_start_date, purchase_kind
),

int_journey__values_tested as (
    select
        valued.customer_key,
        valued.purchase_kind,
        valued.month_start_date,
        valued.value_model,
        valued.frequency,
        valued.churn_risk,
        valued.expected_orders_holdout as model_orders,
        valued.expected_orders_holdout * valued.expected_order_amount as model_amount,
        coalesce(cast(valued.frequency as double) / nullif(valued.age_days, 0), 0)
            * rules.holdout_days as same_rate_orders,
        coalesce(cast(valued.frequency as double) / nullif(valued.age_days, 0), 0)
            * rules.holdout_days * cast(valued.net_amount_to_date as double)
            / valued.purchase_count as same_rate_amount,
        rates.mean_rate * rules.holdout_days as mean_orders,
        rates.mean_rate * rules.holdout_days * rates.mean_order_amount as mean_amount,
        coalesce(came.came_orders, 0) as came_orders,
        coalesce(came.came_amount, 0) as came_amount
    from valued
    inner join months
        on valued.purchase_kind = months.purchase_kind
        and valued.month_start_date = months.month_start_date
    cross join rules
    inner join rates
        on valued.month_start_date = rates.month_start_date
        and valued.purchase_kind = rates.purchase_kind
    left join came
        on valued.customer_key = came.customer_key
        and valued.purchase_kind = came.purchase_kind
        and valued.month_start_date = came.month_start_date
)

select * from int_journey__values_tested

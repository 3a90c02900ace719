{{ config(materialized='view') }}
{#
    Grain: customer, kind of purchase and month, with what is expected of the customer by what was
    known at the month's end. A purchase is a day with one. Its expected value is that of
    Gamma-Gamma; its margin takes the share that margin has, to date, in all customers' purchases
    of the kind whose cost is known.
#}
with months as (
    select * from {{ ref('int_journey__customer_months') }}
),

foretold as (
    select * from {{ ref('int_journey__value_foretold') }}
),

margin_shares as (
    select
        month_start_date,
        purchase_kind,
        cast(sum(margin_amount_to_date) as double)
            / nullif(cast(sum(net_amount_to_date - unknown_cost_amount_to_date) as double), 0)
            as margin_share
    from months
    group by month_start_date, purchase_kind
),

int_journey__customer_months_valued as (
    select
        months.*,
        foretold.value_model,
        foretold.probability_alive,
        foretold.churn_risk,
        foretold.expected_orders_holdout,
        foretold.expected_orders_12_months,
        foretold.discounted_orders,
        {{ value_per_purchase('months.purchase_count', 'months.net_amount_to_date') }}
            as expected_order_amount,
        margin_shares.margin_share
    from months
    left join foretold
        on months.month_start_date = foretold.month_start_date
        and months.purchase_kind = foretold.purchase_kind
        and months.frequency = foretold.frequency
        and months.recency_days = foretold.recency_days
        and months.age_days = foretold.age_days
    left join margin_shares
        on months.month_start_date = margin_shares.month_start_date
        and months.purchase_kind = margin_shares.purchase_kind
)

select * from int_journey__customer_months_valued

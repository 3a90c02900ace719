{#
    Grain: customer and month, from the first purchase on. Fact type: periodic snapshot. Late
    sales and returns count in their own month and in the totals of later ones; all is computed
    anew. Amounts are net of returns, in the company's currency; margin is null where no cost is
    known, and what was paid for such purchases stands beside it. What is expected follows from
    what was known at the month's end (docs/value.md); `value_model` says by which way.
#}
with customers as (
    select * from {{ ref('int_journey__customers_valued') }}
),

rules as (
    select medium_churn_risk_pct, high_churn_risk_pct
    from {{ source('company', 'customer_value') }}
),

compared as (
    select
        *,
        {{ dbt.datediff('first_month_date', 'month_start_date', 'month') }} + 1 as tenure_months,
        last_purchase_date is not null as is_buyer,
        case when net_amount_to_date > 0 then net_amount_to_date else 0 end as paid_amount,
        ntile(10) over (
            partition by month_start_date
            order by
                coalesce(margin_amount_to_date, 0) desc, net_amount_to_date desc, customer_key
        ) as value_decile,
        ntile(10) over (
            partition by month_start_date, lifetime_net_amount is null
            order by
                coalesce(lifetime_margin_amount, 0) desc, lifetime_net_amount desc, customer_key
        ) as lifetime_decile
    from customers
),

ranked as (
    select
        *,
        sum(paid_amount) over (partition by month_start_date) as all_paid_amount,
        sum(paid_amount) over (
            partition by month_start_date order by paid_amount desc, customer_key
            rows between unbounded preceding and current row
        ) as paid_amount_so_far,
        count(*) over of_buyers as buyer_count,
        rank() over (
            partition by month_start_date, is_buyer order by last_purchase_date
        ) as recency_rank,
        rank() over (
            partition by month_start_date, is_buyer order by purchase_count
        ) as frequency_rank,
        rank() over (
            partition by month_start_date, is_buyer order by net_amount_to_date
        ) as monetary_rank
    from compared
    window of_buyers as (partition by month_start_date, is_buyer)
),

scored as (
    select
        ranked.*,
        rules.medium_churn_risk_pct,
        rules.high_churn_risk_pct,
        case when is_buyer then {{ quintile_of('recency_rank', 'buyer_count') }} end
            as recency_score,
        case when is_buyer then {{ quintile_of('frequency_rank', 'buyer_count') }} end
            as frequency_score,
        case when is_buyer then {{ quintile_of('monetary_rank', 'buyer_count') }} end
            as monetary_score
    from ranked
    cross join rules
),

fct_customer_value_monthly as (
    select
        customer_key,
        month_start_date,
        cast({{ date_key('month_start_date') }} as {{ dbt.type_int() }}) as month_date_key,
        {{ whole('tenure_months') }} as tenure_months,
        {{ whole('order_count') }} as order_count,
        cast(net_amount as double) as net_amount,
        cast(margin_amount as double) as margin_amount,
        {{ whole('order_count_to_date') }} as order_count_to_date,
        cast(net_amount_to_date as double) as net_amount_to_date,
        cast(margin_amount_to_date as double) as margin_amount_to_date,
        cast(unknown_cost_amount_to_date as double) as unknown_cost_amount_to_date,
        last_order_date,
        {{ whole('purchase_count') }} as purchase_count_to_date,
        {{ whole(days_between('last_purchase_date', 'snapshot_date')) }}
            as days_since_last_purchase,
        recency_score,
        frequency_score,
        monetary_score,
        {{ rfm_segment('recency_score', 'frequency_score') }} as rfm_segment,
        value_model,
        probability_alive,
        churn_risk,
        {{ churn_class('churn_risk') }} as churn_class,
        cast(expected_orders_12_months as double) as expected_orders_12_months,
        cast(expected_net_12_months_amount as double) as expected_net_12_months_amount,
        cast(expected_margin_12_months_amount as double) as expected_margin_12_months_amount,
        cast(lifetime_net_amount as double) as lifetime_net_amount,
        cast(lifetime_margin_amount as double) as lifetime_margin_amount,
        {{ whole('value_decile') }} as value_decile,
        case when lifetime_net_amount is not null then {{ whole('lifetime_decile') }} end
            as lifetime_decile,
        cast(paid_amount as double) / nullif(cast(all_paid_amount as double), 0)
            as share_of_net_amount,
        cast(paid_amount_so_far as double) / nullif(cast(all_paid_amount as double), 0)
            as cumulative_share_of_net_amount
    from scored
)

select * from fct_customer_value_monthly

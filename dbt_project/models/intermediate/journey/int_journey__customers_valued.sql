{#
    Grain: customer and month from the first purchase on: sales and won deals together. Expected
    orders and amounts add up; a customer churns who buys neither way. Sums of what is unknown in
    one way are those of the other.
#}
with by_kind as (
    select * from {{ ref('int_journey__customer_months_valued') }}
),

summed as (
    select
        customer_key,
        month_start_date,
        snapshot_date,
        min(first_month_date) as first_month_date,
        sum(order_count) as order_count,
        sum(net_amount) as net_amount,
        sum(margin_amount) as margin_amount,
        sum(order_count_to_date) as order_count_to_date,
        sum(net_amount_to_date) as net_amount_to_date,
        sum(margin_amount_to_date) as margin_amount_to_date,
        sum(unknown_cost_amount_to_date) as unknown_cost_amount_to_date,
        max(last_order_date) as last_order_date,
        sum(purchase_count) as purchase_count,
        max(last_purchase_date) as last_purchase_date,
        coalesce(
            max(case when purchase_kind = 'sale' then value_model end), max(value_model), 'none'
        ) as value_model,
        max(case when purchase_kind = 'sale' then 1 - probability_alive end) as gone_from_sales,
        max(case when purchase_kind = 'won_deal' then 1 - probability_alive end)
            as gone_from_deals,
        max(case when purchase_kind = 'sale' then churn_risk end) as no_sale,
        max(case when purchase_kind = 'won_deal' then churn_risk end) as no_deal,
        {{ exact_sum('expected_orders_12_months') }} as expected_orders_12_months,
        {{ exact_sum('expected_orders_12_months * expected_order_amount') }}
            as expected_net_12_months_amount,
        {{ exact_sum('expected_orders_12_months * expected_order_amount * margin_share') }}
            as expected_margin_12_months_amount,
        {{ exact_sum('discounted_orders * expected_order_amount') }} as lifetime_net_amount,
        {{ exact_sum('discounted_orders * expected_order_amount * margin_share') }}
            as lifetime_margin_amount
    from by_kind
    group by customer_key, month_start_date, snapshot_date
),

int_journey__customers_valued as (
    select
        *,
        case when coalesce(gone_from_sales, gone_from_deals) is not null
            then 1 - coalesce(gone_from_sales, 1) * coalesce(gone_from_deals, 1) end
            as probability_alive,
        case when coalesce(no_sale, no_deal) is not null
            then coalesce(no_sale, 1) * coalesce(no_deal, 1) end as churn_risk
    from summed
)

select * from int_journey__customers_valued

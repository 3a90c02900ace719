{#
    Grain: customer and month from the first purchase on: own shops, distributors and deals
    together. Expected orders and amounts add up; a customer churns who buys none of these ways.
    What is unknown of one way leaves what is known of the others.
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
        coalesce(min(case when value_model <> 'none' then value_model end), 'none')
            as value_model,
        {%- for kind in purchase_kinds() %}
        max(case when purchase_kind = '{{ kind }}' then 1 - probability_alive end)
            as gone_from_{{ kind }},
        max(case when purchase_kind = '{{ kind }}' then churn_risk end) as none_of_{{ kind }},
        {%- endfor %}
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
        case when {% for kind in purchase_kinds() -%}
            gone_from_{{ kind }} is not null{% if not loop.last %} or {% endif %}
            {%- endfor %}
            then 1{% for kind in purchase_kinds() %}
            {{ '-' if loop.first else '*' }} coalesce(gone_from_{{ kind }}, 1)
            {%- endfor %}
        end as probability_alive,
        case when {% for kind in purchase_kinds() -%}
            none_of_{{ kind }} is not null{% if not loop.last %} or {% endif %}
            {%- endfor %}
            then 1{% for kind in purchase_kinds() %}
            * coalesce(none_of_{{ kind }}, 1)
            {%- endfor %}
        end as churn_risk
    from summed
)

select * from int_journey__customers_valued

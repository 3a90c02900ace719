{#
    Grain: customer and month, from the first purchase on. Fact type: periodic snapshot. Late
    sales and returns count in their own month and in the totals of later ones; all is computed
    anew. Amounts are net of returns, in the company's currency; margin is null where no cost is
    known. Expected margin: orders of the next 12 months (the customer's own rate, drawn to the
    mean rate of all customers by six months' weight) at the customer's margin per order so far.
#}
with sale_lines as (
    select * from {{ ref('fct_sale_line') }}
    where customer_key <> {{ unknown_key() }}
),

sales as (
    select
        customer_key,
        cast({{ dbt.date_trunc('month', 'sale_date') }} as date) as month_start_date,
        count(distinct case when sale_type = 'sale' then sale_id end) as order_count,
        {{ exact_sum('net_amount') }} as net_amount,
        {{ exact_sum('margin_amount') }} as margin_amount,
        max(case when sale_type = 'sale' then sale_date end) as last_order_date
    from sale_lines
    group by customer_key, cast({{ dbt.date_trunc('month', 'sale_date') }} as date)
),

first_months as (
    select
        customer_key,
        min(month_start_date) as first_month_date
    from sales
    where order_count > 0
    group by customer_key
),

months as (
    select distinct month_start_date
    from sales
),

spine as (
    select
        first_months.customer_key,
        first_months.first_month_date,
        months.month_start_date
    from first_months
    inner join months on first_months.first_month_date <= months.month_start_date
),

to_date as (
    select
        spine.customer_key,
        spine.month_start_date,
        {{ dbt.datediff('spine.first_month_date', 'spine.month_start_date', 'month') }} + 1
            as tenure_months,
        coalesce(sales.order_count, 0) as order_count,
        coalesce(sales.net_amount, 0) as net_amount,
        sales.margin_amount,
        sum(coalesce(sales.order_count, 0)) over so_far as order_count_to_date,
        sum(coalesce(sales.net_amount, 0)) over so_far as net_amount_to_date,
        sum(sales.margin_amount) over so_far as margin_amount_to_date,
        max(sales.last_order_date) over so_far as last_order_date
    from spine
    left join sales
        on spine.customer_key = sales.customer_key
        and spine.month_start_date = sales.month_start_date
    window so_far as (
        partition by spine.customer_key order by spine.month_start_date
        rows between unbounded preceding and current row
    )
),

compared as (
    select
        *,
        cast(sum(order_count_to_date) over of_month as double)
            / sum(tenure_months) over of_month as mean_orders_per_month,
        sum(case when net_amount_to_date > 0 then net_amount_to_date else 0 end) over of_month
            as all_net_amount_to_date,
        ntile(10) over (
            partition by month_start_date
            order by
                coalesce(margin_amount_to_date, 0) desc, net_amount_to_date desc, customer_key
        ) as value_decile
    from to_date
    window of_month as (partition by month_start_date)
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
        last_order_date,
        cast(
            12 * (order_count_to_date + 6 * mean_orders_per_month) / (tenure_months + 6)
            as double
        ) as expected_orders_12_months,
        cast(
            12 * (order_count_to_date + 6 * mean_orders_per_month) / (tenure_months + 6)
            * cast(margin_amount_to_date as double) / nullif(order_count_to_date, 0) as double
        ) as expected_margin_12_months_amount,
        {{ whole('value_decile') }} as value_decile,
        cast(
            case when net_amount_to_date > 0 then cast(net_amount_to_date as double) else 0 end
            / nullif(cast(all_net_amount_to_date as double), 0) as double
        ) as share_of_net_amount
    from compared
)

select * from fct_customer_value_monthly

{#
    Grain: customer, kind of purchase and month from the first purchase on: what was sold in the
    month, and what stood at its end: purchases that were not void by then, first and last of them,
    amounts net of returns until then. Returns count in their own month, whatever came back.
#}
with events as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'event_date') }} as date) as month_start_date
    from {{ ref('int_journey__purchase_events') }}
),

days as (
    select * from {{ ref('int_journey__purchase_days') }}
),

months as (
    select purchase_kind, month_start_date, snapshot_date
    from {{ ref('int_journey__value_months') }}
),

in_month as (
    select
        customer_key,
        purchase_kind,
        month_start_date,
        count(distinct case when is_sale then sale_id end) as order_count,
        {{ exact_sum('net_amount') }} as net_amount,
        {{ exact_sum('margin_amount') }} as margin_amount,
        {{ exact_sum('unknown_cost_amount') }} as unknown_cost_amount,
        max(case when is_sale then event_date end) as last_order_date
    from events
    group by customer_key, purchase_kind, month_start_date
),

firsts as (
    select
        customer_key,
        purchase_kind,
        cast({{ dbt.date_trunc('month', 'min(purchase_date)') }} as date) as first_month_date
    from days
    group by customer_key, purchase_kind
),

standing as (
    select
        customer_key,
        purchase_kind,
        cast({{ dbt.date_trunc('month', 'purchase_date') }} as date) as month_start_date,
        count(*) as purchase_count,
        min(purchase_date) as first_date,
        max(purchase_date) as last_date
    from days
    where voided_date is null
    group by
        customer_key, purchase_kind, cast({{ dbt.date_trunc('month', 'purchase_date') }} as date)
),

{# Purchases that were void later, at the month's ends until then; they are few. #}
not_yet_void as (
    select
        days.customer_key,
        days.purchase_kind,
        months.month_start_date,
        count(*) as purchase_count,
        min(days.purchase_date) as first_date,
        max(days.purchase_date) as last_date
    from days
    inner join months
        on days.purchase_kind = months.purchase_kind
        and days.purchase_date <= months.snapshot_date
        and months.snapshot_date < days.voided_date
    group by days.customer_key, days.purchase_kind, months.month_start_date
),

so_far as (
    select
        firsts.customer_key,
        firsts.purchase_kind,
        months.month_start_date,
        months.snapshot_date,
        firsts.first_month_date,
        coalesce(in_month.order_count, 0) as order_count,
        coalesce(in_month.net_amount, 0) as net_amount,
        in_month.margin_amount,
        sum(coalesce(in_month.order_count, 0)) over until_then as order_count_to_date,
        sum(coalesce(in_month.net_amount, 0)) over until_then as net_amount_to_date,
        sum(in_month.margin_amount) over until_then as margin_amount_to_date,
        sum(coalesce(in_month.unknown_cost_amount, 0)) over until_then
            as unknown_cost_amount_to_date,
        max(in_month.last_order_date) over until_then as last_order_date,
        sum(coalesce(standing.purchase_count, 0)) over until_then as purchase_count,
        min(standing.first_date) over until_then as first_date,
        max(standing.last_date) over until_then as last_date
    from firsts
    inner join months
        on firsts.purchase_kind = months.purchase_kind
        and firsts.first_month_date <= months.month_start_date
    left join in_month
        on firsts.customer_key = in_month.customer_key
        and firsts.purchase_kind = in_month.purchase_kind
        and months.month_start_date = in_month.month_start_date
    left join standing
        on firsts.customer_key = standing.customer_key
        and firsts.purchase_kind = standing.purchase_kind
        and months.month_start_date = standing.month_start_date
    window until_then as (
        partition by firsts.customer_key, firsts.purchase_kind order by months.month_start_date
        rows between unbounded preceding and current row
    )
),

known as (
    select
        so_far.customer_key,
        so_far.purchase_kind,
        so_far.month_start_date,
        so_far.snapshot_date,
        so_far.first_month_date,
        so_far.order_count,
        so_far.net_amount,
        so_far.margin_amount,
        so_far.order_count_to_date,
        so_far.net_amount_to_date,
        so_far.margin_amount_to_date,
        so_far.unknown_cost_amount_to_date,
        so_far.last_order_date,
        so_far.purchase_count + coalesce(not_yet_void.purchase_count, 0) as purchase_count,
        least(
            coalesce(so_far.first_date, not_yet_void.first_date),
            coalesce(not_yet_void.first_date, so_far.first_date)
        ) as first_purchase_date,
        greatest(
            coalesce(so_far.last_date, not_yet_void.last_date),
            coalesce(not_yet_void.last_date, so_far.last_date)
        ) as last_purchase_date
    from so_far
    left join not_yet_void
        on so_far.customer_key = not_yet_void.customer_key
        and so_far.purchase_kind = not_yet_void.purchase_kind
        and so_far.month_start_date = not_yet_void.month_start_date
),

int_journey__customer_months as (
    select
        *,
        {{ whole('purchase_count - 1') }} as frequency,
        {{ whole(days_between('first_purchase_date', 'last_purchase_date')) }} as recency_days,
        {{ whole(days_between('first_purchase_date', 'snapshot_date')) }} as age_days
    from known
)

select * from int_journey__customer_months

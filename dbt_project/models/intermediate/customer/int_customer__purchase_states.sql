{#
    Grain: identified customer and period between two days of purchase: how many such days there
    had been (`purchase_days`, from 0), and when the next one came. A period begins on the day of
    its purchase (the first one on the day on which the customer was first seen), and ends before
    the next. `last_date` is the last day on which anybody bought: what comes after is not known.
#}
with customers as (
    select customer_key, market_code, cast(first_seen_at as date) as first_seen_date
    from {{ ref('dim_customer') }}
    where is_current
        and customer_type = 'person'
),

purchases as (
    select distinct customer_key, touchpoint_date as purchase_date
    from {{ ref('fct_touchpoint') }}
    where conversion_type = 'sale'
        and customer_key <> {{ unknown_key() }}
),

ends as (
    select max(purchase_date) as last_date from purchases
),

starts as (
    select
        customers.customer_key,
        customers.market_code,
        purchases.purchase_date as from_date,
        row_number() over (
            partition by customers.customer_key order by purchases.purchase_date
        ) as purchase_days,
    from customers
    inner join purchases on customers.customer_key = purchases.customer_key
    union all
    select customer_key, market_code, first_seen_date, 0
    from customers
),

bounded as (
    select
        *,
        lead(from_date) over (partition by customer_key order by purchase_days)
            as next_purchase_date,
    from starts
),

int_customer__purchase_states as (
    select
        bounded.customer_key,
        coalesce(bounded.market_code, 'unknown') as market_code,
        {{ whole('bounded.purchase_days') }} as purchase_days,
        bounded.from_date,
        bounded.next_purchase_date,
        ends.last_date,
    from bounded
    cross join ends
    where bounded.from_date <= ends.last_date
        and coalesce(bounded.next_purchase_date > bounded.from_date, true)
)

select * from int_customer__purchase_states

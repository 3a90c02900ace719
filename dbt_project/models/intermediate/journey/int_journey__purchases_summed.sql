{# Grain: customer who bought or gave back: orders, amounts, and the places where they bought. #}
with sale_lines as (
    select * from {{ ref('fct_sale_line') }}
    where customer_key <> {{ unknown_key() }}
        and sale_type <> 'test'
),

stores as (
    select store_key, place_type from {{ ref('dim_store') }}
),

{# The place bought in most often; among equals the one bought in last. #}
preferred_stores as (
    select
        customer_key,
        store_key as preferred_store_key
    from sale_lines
    where sale_type = 'sale'
    group by customer_key, store_key
    qualify
        row_number() over (
            partition by customer_key
            order by count(distinct sale_id) desc, max(sold_at) desc, store_key
        ) = 1
),

places as (
    select
        sale_lines.customer_key,
        stores.place_type,
        count(distinct case when sale_lines.sale_type = 'sale' then sale_lines.sale_id end)
            as order_count,
        {{ exact_sum('sale_lines.net_amount') }} as net_amount,
        {{ exact_sum('sale_lines.margin_amount') }} as margin_amount,
        {{ exact_sum('sale_lines.refund_amount') }} as refund_amount,
        min(case when sale_lines.sale_type = 'sale' then sale_lines.sale_date end)
            as first_order_date,
        max(case when sale_lines.sale_type = 'sale' then sale_lines.sale_date end)
            as last_order_date
    from sale_lines
    inner join stores on sale_lines.store_key = stores.store_key
    group by sale_lines.customer_key, stores.place_type
),

ranked as (
    select
        *,
        row_number() over (
            partition by customer_key order by order_count desc, net_amount desc, place_type
        ) as place_rank
    from places
),

summed as (
    select
        customer_key,
        sum(order_count) as order_count,
        sum(net_amount) as net_amount,
        sum(margin_amount) as margin_amount,
        sum(refund_amount) as refund_amount,
        min(first_order_date) as first_order_date,
        max(last_order_date) as last_order_date,
        max(case when place_rank = 1 and order_count > 0 then place_type end)
            as preferred_place_type,
        sum(case when order_count > 0 then 1 else 0 end) as place_type_count
    from ranked
    group by customer_key
),

int_journey__purchases_summed as (
    select
        summed.*,
        coalesce(preferred_stores.preferred_store_key, {{ unknown_key() }}) as preferred_store_key
    from summed
    left join preferred_stores on summed.customer_key = preferred_stores.customer_key
)

select * from int_journey__purchases_summed

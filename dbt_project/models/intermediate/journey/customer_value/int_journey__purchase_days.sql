{#
    Grain: customer, kind of purchase and day with a purchase; several on one day count once. A day
    whose purchases were given back or cancelled altogether is void from the last of that on.
#}
with events as (
    select * from {{ ref('int_journey__purchase_events') }}
    where purchase_date is not null
),

int_journey__purchase_days as (
    select
        customer_key,
        purchase_kind,
        purchase_date,
        {{ exact_sum('net_amount') }} as net_amount,
        case when sum(net_amount) <= 0 and min(net_amount) < 0 then max(event_date) end
            as voided_date
    from events
    group by customer_key, purchase_kind, purchase_date
)

select * from int_journey__purchase_days

{#
    Grain: person record that went from one customer to another, and the run in which it did.
    Fact type: transaction. History is kept; only runs that were published are in it.
#}
with changes as (
    select * from {{ source('derived', 'customer_change') }}
),

customer_change as (
    select
        {{ surrogate_key(['changed_at', 'record_id']) }} as customer_change_key,
        changed_at,
        record_id,
        previous_customer_key,
        customer_key,
        change,
    from changes
)

select * from customer_change

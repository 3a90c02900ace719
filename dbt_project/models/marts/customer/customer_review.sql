{#
    Grain: case for a data steward: two records of which neither rules nor model are sure, or a
    link that was cut since a customer would contradict itself or grow too large. A row in the seed
    customer_link_decisions settles a case. Fact type: none (a queue, worked out anew in every run).
#}
with reviews as (
    select * from {{ source('derived', 'customer_review') }}
),

customer_review as (
    select
        review_key as customer_review_key,
        reason as review_reason,
        record_id,
        linked_record_id,
        coalesce(customer_key, {{ unknown_key() }}) as customer_key,
        coalesce(linked_customer_key, {{ unknown_key() }}) as linked_customer_key,
        match_weight,
        detail,
    from reviews
)

select * from customer_review

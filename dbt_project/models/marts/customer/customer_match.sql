{#
    Grain: two person records and what speaks for their being one customer: a rule or the model.
    Fact type: none (evidence behind bridge_customer_identity). Worked out anew in every run from
    all records; the model's weights by field are log2 of how much likelier the agreement is for
    one person than for two.
#}
with links as (
    select * from {{ source('derived', 'customer_link') }}
),

identities as (
    select record_id, customer_key from {{ ref('bridge_customer_identity') }}
),

customer_match as (
    select
        {{ surrogate_key(['links.record_id', 'links.linked_record_id', 'links.rule']) }}
            as customer_match_key,
        one.customer_key,
        other.customer_key as linked_customer_key,
        links.record_id,
        links.linked_record_id,
        links.rule,
        links.status,
        links.status = 'used' as is_used,
        links.confidence,
        links.match_weight,
        links.probability,
        links.given_weight as given_name_weight,
        links.family_weight as family_name_weight,
        links.birth_date_weight,
        links.email_weight,
        links.phone_weight,
        links.national_id_weight,
        links.address_weight,
        links.other_weight,
        links.relatives_weight,
        links.linked_at as valid_from,
        links.model_version,
    from links
    inner join identities as one on links.record_id = one.record_id
    inner join identities as other on links.linked_record_id = other.record_id
)

select * from customer_match

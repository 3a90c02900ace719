{#
    Grain: two customers and kind of link. Kinds `company` and `parent_company` point from the
    member to the company, `referral` from who referred to the friend; the others have no direction
    and stand once, smaller key first. Fact type: none (bridge). Rebuilt whole; links come from the
    identity step, which knows who is one customer.
#}
with relations as (
    select * from {{ source('derived', 'customer_relation') }}
),

bridge_customer_link as (
    select
        {{ surrogate_key(['link_type', 'customer_key', 'linked_customer_key']) }}
            as customer_link_key,
        customer_key,
        linked_customer_key,
        link_type,
        link_type in ('company', 'parent_company', 'referral') as is_directed,
        confidence,
        evidence_count,
        valid_from,
    from relations
)

select * from bridge_customer_link

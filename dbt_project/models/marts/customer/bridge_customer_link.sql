{#
    Grain: two customers and kind of link. Kinds `company` and `parent_company` point from the
    member to the company; the others have no direction and stand once, smaller key first.
#}
with links as (
    select * from {{ ref('int_customer__record_links') }}
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

paired as (
    select
        links.link_type,
        links.linked_at,
        one.customer_key,
        other.customer_key as linked_customer_key,
        links.link_type in ('company', 'parent_company') as is_directed,
    from links
    inner join identities as one on links.record_id = one.record_id
    inner join identities as other on links.linked_record_id = other.record_id
    where one.customer_key <> other.customer_key
),

ordered as (
    select
        link_type,
        linked_at,
        case when is_directed then customer_key else least(customer_key, linked_customer_key) end
            as customer_key,
        case
            when is_directed then linked_customer_key
            else greatest(customer_key, linked_customer_key)
        end as linked_customer_key,
    from paired
),

bridge_customer_link as (
    select
        {{ surrogate_key(['link_type', 'customer_key', 'linked_customer_key']) }}
            as customer_link_key,
        customer_key,
        linked_customer_key,
        link_type,
        cast(
            case link_type
                when 'company' then 1.0
                when 'parent_company' then 1.0
                when 'household' then 0.8
                else 0.6
            end as double
        ) as confidence,
        count(*) as evidence_count,
        min(linked_at) as valid_from,
    from ordered
    group by link_type, customer_key, linked_customer_key
)

select * from bridge_customer_link

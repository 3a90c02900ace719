{#
    Grain: customer and group that it belongs to: household, company or community. Fact type: none
    (bridge). Rebuilt whole; group keys last while most of the members stay. A customer is in one
    household and one community at most, and may be in several companies.
#}
with groups as (
    select * from {{ source('derived', 'customer_group') }}
),

bridge_customer_group as (
    select
        {{ surrogate_key(['group_type', 'group_key', 'customer_key']) }} as customer_group_key,
        customer_key,
        group_type,
        group_key,
        rule,
        confidence,
        cast(
            count(*) over (partition by group_type, group_key) as {{ dbt.type_int() }}
        ) as member_count,
        valid_from,
    from groups
)

select * from bridge_customer_group

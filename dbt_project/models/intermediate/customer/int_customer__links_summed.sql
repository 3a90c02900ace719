{#
    Grain: customer who is linked to another or in a group: household, company, community, friends
    referred, and who referred them. Of several companies the surest, then the first, holds.
#}
with groups as (
    select * from {{ ref('bridge_customer_group') }}
),

links as (
    select * from {{ ref('bridge_customer_link') }}
),

chosen as (
    select *
    from groups
    qualify
        row_number() over (
            partition by customer_key, group_type
            order by confidence desc, valid_from, group_key
        ) = 1
),

grouped as (
    select
        customer_key,
        {% for group_type in ['household', 'company', 'community'] -%}
        max(case when group_type = '{{ group_type }}' then group_key end)
            as {{ group_type }}_key,
        max(case when group_type = '{{ group_type }}' then member_count end)
            as {{ group_type }}_member_count,
        {% endfor -%}
    from chosen
    group by customer_key
),

sides as (
    select customer_key, linked_customer_key, link_type, valid_from, 'from' as side from links
    union all
    select linked_customer_key, customer_key, link_type, valid_from, 'to' from links
),

linked as (
    select
        customer_key,
        count(distinct linked_customer_key) as linked_customer_count,
        sum(case when link_type = 'referral' and side = 'from' then 1 else 0 end)
            as referral_count,
        {# Who referred them first. #}
        min_by(linked_customer_key, valid_from) filter (
            where link_type = 'referral' and side = 'to'
        ) as referred_by_customer_key,
        min_by(linked_customer_key, valid_from) filter (
            where link_type = 'company' and side = 'from'
        ) as company_customer_key,
    from sides
    group by customer_key
),

int_customer__links_summed as (
    select
        coalesce(grouped.customer_key, linked.customer_key) as customer_key,
        grouped.household_key,
        grouped.household_member_count,
        grouped.company_key,
        grouped.company_member_count,
        grouped.community_key,
        grouped.community_member_count,
        coalesce(linked.linked_customer_count, 0) as linked_customer_count,
        coalesce(linked.referral_count, 0) as referral_count,
        linked.referred_by_customer_key,
        linked.company_customer_key,
    from grouped
    full outer join linked on grouped.customer_key = linked.customer_key
)

select * from int_customer__links_summed

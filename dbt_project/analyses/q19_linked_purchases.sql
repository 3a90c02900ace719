-- Q19 Which groups of linked customers spread purchases?
-- Asked by: whoever decides on referral programmes, family offers and communities.
-- Shows, by kind of link and for the ten groups with most purchases above expectation: how often a
--   linked customer bought within the window after a purchase, how often comparable customers
--   picked at random did (same market, as many days of purchase before), the difference and its
--   95 % interval. Rows of one group are not independent: the interval counts groups, not rows,
--   and is never narrower than chance alone would make it.
-- Can't see: links that no system records; unknown shoppers; purchases whose window is not over.
--   A difference is not yet an effect: people who are linked also resemble each other. A friend's
--   first order with a code made the link, so friends are counted apart, with what they have
--   bought since.
with summed as (
    select
        case when grouping(link_group_key) = 1 then 'kind of link' else 'group' end as level,
        link_type,
        link_group_key,
        count(distinct (least(customer_key, linked_customer_key),
            greatest(customer_key, linked_customer_key))) as linked_pairs,
        count(*) as purchases_seen,
        sum(is_followed::integer) as purchases_followed,
        avg(is_followed::integer) as follow_share,
        avg(expected_follow_share) as expected_share
    from marts.fct_linked_purchase
    group by grouping sets ((link_type), (link_type, link_group_key))
),

spread as (
    select
        link_type,
        sqrt(greatest(sum(group_excess * group_excess), sum(chance_variance)))
            as standard_error_sum
    from (
        select
            linked.link_type,
            linked.link_group_key,
            sum(linked.is_followed::integer - summed.follow_share
                - linked.expected_follow_share + summed.expected_share) as group_excess,
            sum(linked.expected_follow_share * (1 - linked.expected_follow_share))
                as chance_variance
        from marts.fct_linked_purchase as linked
        inner join summed
            on linked.link_type = summed.link_type and summed.level = 'kind of link'
        group by linked.link_type, linked.link_group_key
    ) as groups
    group by link_type
),

referrals as (
    select
        links.link_type,
        count(distinct links.linked_customer_key) as friends_referred,
        sum(sale_lines.net_amount) as friends_net_amount
    from (
        select link_type, linked_customer_key, min(valid_from) as valid_from
        from marts.bridge_customer_link
        where link_type = 'referral'
        group by link_type, linked_customer_key
    ) as links
    left join marts.fct_sale_line as sale_lines
        on links.linked_customer_key = sale_lines.customer_key
        and sale_lines.sold_at >= links.valid_from
        and sale_lines.sale_type <> 'test'
    group by links.link_type
)

select
    summed.level,
    summed.link_type,
    summed.link_group_key,
    summed.linked_pairs,
    summed.purchases_seen,
    summed.purchases_followed,
    summed.follow_share,
    summed.expected_share,
    summed.follow_share - summed.expected_share as difference,
    case when summed.level = 'kind of link'
        then summed.follow_share - summed.expected_share
            - 1.96 * spread.standard_error_sum / summed.purchases_seen end as difference_low,
    case when summed.level = 'kind of link'
        then summed.follow_share - summed.expected_share
            + 1.96 * spread.standard_error_sum / summed.purchases_seen end as difference_high,
    case when summed.level = 'kind of link' then referrals.friends_referred end
        as friends_referred,
    case when summed.level = 'kind of link' then referrals.friends_net_amount end
        as friends_net_amount
from summed
left join spread on summed.link_type = spread.link_type
left join referrals on summed.link_type = referrals.link_type
where summed.level = 'kind of link'
    or summed.purchases_followed > 0
qualify summed.level = 'kind of link'
    or row_number() over (
        partition by summed.level
        order by summed.purchases_followed - summed.expected_share * summed.purchases_seen desc,
            summed.link_group_key
    ) <= 10
order by summed.level desc, difference desc

-- Q33 Which leads pay?
-- Asked by: marketing, to spend on what brings customers and not on what brings addresses; finance.
-- Shows, per origin in the company's words and campaign, for leads that count (each person once): how
--   many reached each stage or a later one, from capture to won; what they cost (an equal share of the
--   campaign's cost and of the spend on its ads), what they brought (amount and margin of deals won),
--   and margin less cost, per lead too. Deals without a lead, and campaigns that cost something and
--   brought no lead, stand in rows of their own: nothing paid or won is left out.
-- Can't see: cost that no campaign states (has_cost is false: nothing is known, not nought), margin
--   where neither the CRM nor the company tells it (won_deals_without_margin). A campaign that also
--   sells in shops is charged to its leads whole; the credit of the contacts before the capture is
--   Q14's. Leads of the last weeks have not had their time to be won yet (open_amount).
with stage_rank(furthest_stage, reached) as (
    values ('captured', 1), ('engaged', 2), ('mql', 3), ('sal', 4), ('sql', 5), ('opportunity', 6),
        ('won', 7)
),

leads as (
    select
        case when is_inferred then 'deals without a lead' else lead_source end as lead_source,
        campaign_key,
        coalesce(reached, 0) as reached,
        is_inferred,
        cost_amount,
        won_deal_count,
        unknown_margin_deal_count,
        won_amount,
        margin_amount,
        open_amount
    from marts.fct_lead
    left join stage_rank using (furthest_stage)
    where is_counted
),

funnel as (
    select
        lead_source,
        campaign_key,
        count(*) filter (not is_inferred) as leads,
        count(*) filter (not is_inferred and reached >= 3) as reached_mql,
        count(*) filter (not is_inferred and reached >= 4) as reached_sal,
        count(*) filter (not is_inferred and reached >= 5) as reached_sql,
        count(*) filter (reached >= 6) as reached_opportunity,
        count(*) filter (reached >= 7) as reached_won,
        count(cost_amount) > 0 as has_cost,
        sum(cost_amount) as cost_amount,
        coalesce(sum(won_deal_count), 0) as won_deals,
        coalesce(sum(unknown_margin_deal_count), 0) as won_deals_without_margin,
        sum(won_amount) as won_amount,
        sum(margin_amount) as margin_amount,
        sum(open_amount) as open_amount
    from leads
    group by lead_source, campaign_key
),

campaign_costs as (
    select campaign_key, sum(cost_amount) as cost_amount
    from (
        select campaign_key, cost_amount from marts.dim_campaign
        union all
        select campaign_key, spend_amount from marts.fct_ad_spend_daily
    )
    where campaign_key <> -1
    group by campaign_key
    having sum(cost_amount) > 0
),

without_leads as (
    select campaign_key, cost_amount
    from campaign_costs
    where campaign_key not in (select campaign_key from funnel where leads > 0)
),

together as (
    select * from funnel
    union all by name
    select
        'campaigns without a lead' as lead_source,
        campaign_key,
        0 as leads,
        0 as reached_mql,
        0 as reached_sal,
        0 as reached_sql,
        0 as reached_opportunity,
        0 as reached_won,
        true as has_cost,
        cost_amount,
        0 as won_deals,
        0 as won_deals_without_margin
    from without_leads
)

select
    together.lead_source,
    coalesce(campaign_name, 'Unknown') as campaign,
    leads,
    reached_mql,
    reached_sal,
    reached_sql,
    reached_opportunity,
    reached_won,
    reached_won / nullif(leads, 0) as won_share,
    has_cost,
    together.cost_amount,
    together.cost_amount / nullif(leads, 0) as cost_per_lead,
    together.cost_amount / nullif(reached_won, 0) as cost_per_won_lead,
    won_deals,
    won_deals_without_margin,
    won_amount,
    margin_amount,
    margin_amount / nullif(leads, 0) as margin_per_lead,
    case when has_cost then coalesce(margin_amount, 0) - together.cost_amount end
        as margin_less_cost_amount,
    case when has_cost then (coalesce(margin_amount, 0) - together.cost_amount) / nullif(leads, 0)
    end as margin_less_cost_per_lead,
    open_amount
from together
left join marts.dim_campaign using (campaign_key)
order by leads desc, together.cost_amount desc nulls last, lead_source, campaign, campaign_key

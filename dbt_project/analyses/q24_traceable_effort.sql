-- Q24 How much of our effort can we trace to a sale?
-- Asked by: whoever answers for the marketing budget.
-- Shows all that was spent and all that was sold, each in parts that sum to it. Spend is traced
--   where a contact of the campaign led to a sale or won deal of the same month. Revenue is traced
--   where a contact led to it; beside it stand the purchases of known people that nothing led to,
--   those of unknown shoppers, and the deals of the sales team. Budgets of campaigns whose costs no
--   source reports stand last, and in no sum.
-- Can't see: working hours, agencies and rebates, which are in no source; sales of distributors
--   that report no value (unvalued_units of fct_ropo_monthly). Traced means that a contact came
--   before, not that it was the cause.
with performance as (
    select * from marts.fct_campaign_performance_monthly
    where attribution_model = 'linear' and has_spend
),

spend as (
    select
        case
            when campaign_key = -1 then '3 campaign not known'
            when credited_sales + credited_won_deals > 0 then '1 a contact led to a sale in the month'
            else '2 no sale in the month follows a contact'
        end as part,
        sum(spend_amount) as amount
    from performance
    group by part
),

credited as (
    select
        conversion_type,
        is_attributed,
        sum(credited_revenue_amount) as amount
    from marts.fct_attribution
    where attribution_model = 'linear' and conversion_type in ('sale', 'won_deal')
    group by conversion_type, is_attributed
),

sold as (
    select
        sum(sold_amount) as sold_amount,
        sum(identified_amount) as identified_amount
    from marts.fct_ropo_monthly
),

revenue as (
    select
        case
            when conversion_type = 'won_deal' and is_attributed then '5 deal, a contact led to it'
            when conversion_type = 'won_deal' then '6 deal, no contact known'
            when is_attributed then '1 known customer, a contact led to it'
            else '2 known customer, no contact known'
        end as part,
        amount
    from credited
    union all
    select
        '3 known customer, no conversion',
        sold.identified_amount
        - (select coalesce(sum(amount), 0) from credited where conversion_type = 'sale')
    from sold
    union all
    select '4 unknown shopper', sold_amount - identified_amount from sold
),

budgets as (
    select sum(campaigns.budget_amount) as amount
    from marts.dim_campaign as campaigns
    where campaigns.campaign_key not in (select campaign_key from marts.fct_ad_spend_daily)
)

select 'spend' as subject, part, round(amount, 2) as amount, amount / sum(amount) over () as share
from spend
union all
select 'revenue', part, round(amount, 2), amount / sum(amount) over ()
from revenue
union all
select 'budget', 'no cost is reported', round(amount, 2), null
from budgets
order by subject desc, part

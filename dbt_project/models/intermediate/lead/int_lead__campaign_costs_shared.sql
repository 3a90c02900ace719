-- Grain: one row per lead of a campaign with a known cost: its equal share of all that the campaign
-- cost, as the CRM states it and as platforms charge for its ads. Duplicates and deleted leads bear
-- no cost; the shares of a campaign that has leads sum to what it cost.
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }}
    where not is_deleted
        and not is_inferred
        and lead_code not in (select lead_code from {{ ref('int_lead__duplicates_found') }})
),

campaigns as (
    select * from {{ ref('dim_campaign') }}
),

ad_spend as (
    select
        campaign_key,
        cast({{ exact_sum('spend_amount') }} as double) as spend_amount
    from {{ ref('fct_ad_spend_daily') }}
    where spend_amount is not null
    group by campaign_key
)

select
    leads.lead_code,
    (coalesce(campaigns.cost_amount, 0) + coalesce(ad_spend.spend_amount, 0))
    / count(*) over (partition by leads.campaign_code) as cost_amount
from leads
inner join campaigns on leads.campaign_code = campaigns.campaign_code
left join ad_spend on campaigns.campaign_key = ad_spend.campaign_key
where campaigns.cost_amount is not null or ad_spend.spend_amount is not null

-- Grain: one row per lead of a CRM campaign with a known cost: its equal share of it. Duplicates
-- and deleted leads bear no cost; the shares of a campaign sum to what it cost.
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }}
    where not is_deleted
        and not is_inferred
        and lead_code not in (select lead_code from {{ ref('int_lead__duplicates_found') }})
),

campaigns as (
    select * from {{ ref('stg_salesforce__campaigns') }} where cost_amount is not null
)

select
    leads.lead_code,
    campaigns.cost_amount / count(*) over (partition by leads.campaign_code) as cost_amount
from leads
inner join campaigns on leads.campaign_code = campaigns.campaign_code

-- Grain: one row per deal (opportunity) of any CRM, with the lead that it came of and its value
-- in the company's currency at the rate of the day it closed (else opened); null without a rate.
-- Its margin is the amount less what the CRM says it cost, else the company's percentage of it. A
-- deal whose lead was deleted, not merged, is one without a lead.
with

opportunities as (
    select * from {{ ref('stg_salesforce__opportunities') }} where not is_deleted
),

lead_of_opportunity as (
    select * from {{ ref('int_lead__opportunities_linked') }}
),

closings as (
    select * from {{ ref('int_lead__opportunity_stages_entered') }}
),

stages as (
    select * from {{ ref('int_lead__stages_named') }} where record_kind = 'opportunity'
),

crm_deals as (
    select * from {{ ref('int_lead__crm_deals_linked') }} where not is_deleted
),

crm_leads as (
    select leads.*
    from {{ ref('int_lead__crm_leads_linked') }} as leads
    left join {{ ref('int_lead__merges_followed') }} as merges
        on leads.record_id = merges.record_id
    left join {{ ref('int_lead__crm_leads_linked') }} as masters
        on merges.surviving_record_id = masters.record_id
    where not coalesce(masters.is_deleted, leads.is_deleted)
),

fx_rates as (
    select * from {{ source('company', 'fx_rate') }}
),

companies as (
    select * from {{ source('company', 'company') }}
),

last_closings as (
    select
        deal_code,
        stage,
        max(entered_at) as closed_at
    from closings
    group by deal_code, stage
),

staged_opportunities as (
    select
        opportunities.*,
        case
            when stages.stage is not null then stages.stage
            when opportunities.is_won then 'won'
            when opportunities.is_closed then 'lost'
            else 'opportunity'
        end as stage
    from opportunities
    left join stages
        on stages.system = 'salesforce' and lower(opportunities.stage_name) = stages.status_key
),

{# A generic CRM may name the stage, or say no more than whether the deal is won. #}
staged_deals as (
    select
        crm_deals.*,
        case
            when of_source.stage is not null then of_source.stage
            when of_system.stage is not null then of_system.stage
            when crm_deals.is_won then 'won'
            when crm_deals.is_won is not null and crm_deals.closed_at is not null then 'lost'
            else 'opportunity'
        end as stage
    from crm_deals
    left join stages as of_source
        on crm_deals.source_name = of_source.system
        and lower(crm_deals.stage_name) = of_source.status_key
    left join stages as of_system
        on of_system.system = 'crm' and lower(crm_deals.stage_name) = of_system.status_key
),

deals as (
    select
        'salesforce' as system,
        'salesforce' as source_name,
        'salesforce.opportunity:' || staged.opportunity_id as deal_code,
        lead_of_opportunity.lead_code,
        staged.record_id,
        staged.campaign_code,
        staged.lead_source,
        'salesforce:' || staged.owner_id as employee_code,
        'salesforce.account:' || staged.account_id as account_record_id,
        staged.stage_name,
        staged.stage,
        staged.stage_name,
        staged.close_date as stated_close_date,
        staged.probability_pct as stated_odds_pct,
        staged.created_at as opened_at,
        case when staged.stage in ('won', 'lost')
            then coalesce(last_closings.closed_at, cast(staged.close_date as timestamp))
        end as closed_at,
        staged.amount_original,
        cast(null as double) as cost_original,
        staged.currency_code,
        staged.load_id
    from staged_opportunities as staged
    left join lead_of_opportunity on staged.opportunity_id = lead_of_opportunity.opportunity_id
    left join last_closings
        on 'salesforce.opportunity:' || staged.opportunity_id = last_closings.deal_code
        and staged.stage = last_closings.stage
    union all
    select
        'crm' as system,
        staged.source_name,
        staged.deal_code,
        crm_leads.record_id as lead_code,
        coalesce(
            staged.contact_record_id,
            case when crm_leads.is_person_named then crm_leads.record_id end,
            staged.account_record_id, crm_leads.record_id, staged.lead_code
        ) as record_id,
        staged.campaign_code,
        staged.lead_source,
        coalesce(staged.employee_code, staged.developer_code) as employee_code,
        staged.account_record_id,
        staged.stage_name,
        staged.stage,
        staged.stage_name,
        staged.expected_close_date as stated_close_date,
        staged.probability_pct as stated_odds_pct,
        staged.opened_at,
        case when staged.stage in ('won', 'lost')
            then coalesce(staged.closed_at, last_closings.closed_at)
        end as closed_at,
        staged.amount_original,
        staged.cost_original,
        staged.currency_code,
        staged.load_id
    from staged_deals as staged
    left join crm_leads on staged.lead_code = crm_leads.record_id
    left join last_closings
        on staged.deal_code = last_closings.deal_code
        and staged.stage = last_closings.stage
)

select
    deals.system,
    deals.source_name,
    deals.deal_code,
    coalesce(deals.lead_code, deals.deal_code) as lead_code,
    deals.lead_code is null as is_without_lead,
    deals.record_id,
    deals.campaign_code,
    deals.lead_source,
    deals.employee_code,
    deals.account_record_id,
    deals.stage_name,
    deals.stage,
    deals.stage_name,
    deals.stated_close_date,
    deals.stated_odds_pct,
    deals.opened_at,
    deals.closed_at,
    deals.amount_original,
    coalesce(deals.currency_code, companies.currency_code) as currency_code,
    deals.amount_original * fx_rates.rate as amount,
    case
        when deals.cost_original is not null
            then (deals.amount_original - deals.cost_original) * fx_rates.rate
        else deals.amount_original * fx_rates.rate * companies.lead_deal_margin_pct / 100
    end as margin_amount,
    deals.load_id
from deals
cross join companies
left join fx_rates
    on coalesce(deals.currency_code, companies.currency_code) = fx_rates.currency_code
    and cast(coalesce(deals.closed_at, deals.opened_at) as date) >= fx_rates.valid_from
    and cast(coalesce(deals.closed_at, deals.opened_at) as date) < fx_rates.valid_to

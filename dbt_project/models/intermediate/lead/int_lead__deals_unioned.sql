-- Grain: one row per deal (opportunity) of any CRM, with the lead that it came of and its value
-- in the company's currency at the rate of the day it closed (else opened); null without a rate.
-- A deal belongs to one lead: where several name it, to the earliest that is not deleted or
-- merged away.
with

opportunities as (
    select * from {{ ref('stg_salesforce__opportunities') }} where not is_deleted
),

converted_leads as (
    select * from {{ ref('stg_salesforce__leads') }} where converted_opportunity_id is not null
),

closings as (
    select * from {{ ref('int_lead__opportunity_stages_entered') }}
),

stages as (
    select * from {{ ref('int_lead__stages_named') }} where record_kind = 'opportunity'
),

crm_deals as (
    select * from {{ ref('stg_crm__deals') }}
),

crm_leads as (
    select * from {{ ref('stg_crm__leads') }}
),

fx_rates as (
    select * from {{ source('company', 'fx_rate') }}
),

companies as (
    select * from {{ source('company', 'company') }}
),

lead_of_opportunity as (
    select
        converted_opportunity_id as opportunity_id,
        record_id as lead_code
    from converted_leads
    qualify
        row_number() over (
            partition by converted_opportunity_id order by is_deleted, created_at, lead_id
        ) = 1
),

last_closings as (
    select
        opportunity_id,
        stage,
        max(entered_at) as closed_at
    from closings
    group by opportunity_id, stage
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

deals as (
    select
        'salesforce' as system,
        'salesforce.opportunity:' || staged.opportunity_id as deal_code,
        lead_of_opportunity.lead_code,
        staged.record_id,
        staged.campaign_code,
        staged.lead_source,
        'salesforce:' || staged.owner_id as employee_code,
        staged.stage,
        staged.created_at as opened_at,
        case when staged.stage in ('won', 'lost')
            then coalesce(last_closings.closed_at, cast(staged.close_date as timestamp))
        end as closed_at,
        staged.amount_original,
        staged.currency_code,
        staged.load_id
    from staged_opportunities as staged
    left join lead_of_opportunity on staged.opportunity_id = lead_of_opportunity.opportunity_id
    left join last_closings
        on staged.opportunity_id = last_closings.opportunity_id
        and staged.stage = last_closings.stage
    union all
    select
        'crm' as system,
        'crm.deal:' || crm_deals.deal_id as deal_code,
        crm_leads.record_id as lead_code,
        coalesce(crm_deals.account_record_id, 'crm.lead:' || crm_deals.lead_id) as record_id,
        null as campaign_code,
        null as lead_source,
        coalesce(crm_deals.employee_code, crm_deals.developer_code) as employee_code,
        case
            when crm_deals.is_won then 'won'
            when crm_deals.is_won is not null and crm_deals.closed_at is not null then 'lost'
            else 'opportunity'
        end as stage,
        crm_deals.opened_at,
        case when crm_deals.is_won is not null then crm_deals.closed_at end as closed_at,
        crm_deals.amount_original,
        crm_deals.currency_code,
        crm_deals.load_id
    from crm_deals
    left join crm_leads on crm_deals.lead_id = crm_leads.lead_id
)

select
    deals.system,
    deals.deal_code,
    coalesce(deals.lead_code, deals.deal_code) as lead_code,
    deals.lead_code is null as is_without_lead,
    deals.record_id,
    deals.campaign_code,
    deals.lead_source,
    deals.employee_code,
    deals.stage,
    deals.opened_at,
    deals.closed_at,
    deals.amount_original,
    coalesce(deals.currency_code, companies.currency_code) as currency_code,
    deals.amount_original * fx_rates.rate as amount,
    deals.load_id
from deals
cross join companies
left join fx_rates
    on coalesce(deals.currency_code, companies.currency_code) = fx_rates.currency_code
    and cast(coalesce(deals.closed_at, deals.opened_at) as date) >= fx_rates.valid_from
    and cast(coalesce(deals.closed_at, deals.opened_at) as date) < fx_rates.valid_to

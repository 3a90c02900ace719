-- Grain: one row per deal under way, and per counted lead under way that no deal stands for, as of
-- the time until which the CRM's data speaks. Periodic snapshot of that instant; rebuilt whole. Odds
-- come from what became of others in the same stage: of those that have ended (odds_basis says of
-- which), and of all that were under way for as long (at age); the expected close comes from how
-- long those took that were won and took longer. What is not known stays null: leads have
-- no amount, stages with too few endings no odds.
with

forecast as (
    select * from {{ ref('int_lead__pipeline_forecast') }} where is_latest
),

paces as (
    select * from {{ ref('int_lead__pipeline_paces') }}
),

deals as (
    select * from {{ ref('int_lead__deals_unioned') }}
),

leads as (
    select * from {{ ref('fct_lead') }}
),

companies as (
    select time_zone from {{ source('company', 'company') }}
),

expected as (
    select
        forecast.*,
        paces.longer_won_count,
        {{ after_days('forecast.stage_first_entered_at', 'paces.expected_days_to_win') }}
            as expected_close_at
    from forecast
    left join paces
        on forecast.record_kind = paces.record_kind
        and forecast.source_name = paces.source_name
        and forecast.stage = paces.stage
        and forecast.age_days = paces.age_days
)

select
    {{ surrogate_key(['expected.record_code']) }} as pipeline_forecast_key,
    expected.record_kind,
    expected.record_code as record_id,
    leads.lead_key,
    leads.customer_key,
    leads.channel_key,
    leads.campaign_key,
    case when expected.record_kind = 'deal' then {{ key_or_unknown('deals.employee_code') }}
        else leads.employee_key end as employee_key,
    leads.market_code,
    leads.lead_source,
    leads.is_counted as is_lead_counted,
    expected.source_name,
    expected.stage,
    expected.funnel_stage,
    expected.as_of_at,
    expected.stage_first_entered_at,
    {{ days_from('expected.stage_first_entered_at', 'expected.as_of_at') }} as days_in_pipeline_stage,
    cast(expected.amount as double) as amount,
    expected.odds_basis,
    expected.odds_ended_count,
    expected.win_odds,
    expected.win_odds_low,
    expected.win_odds_high,
    expected.at_risk_count,
    expected.win_odds_at_age,
    cast(expected.amount * expected.win_odds as double) as expected_amount,
    cast(expected.amount * expected.win_odds_at_age as double) as expected_amount_at_age,
    cast({{ business_date('expected.expected_close_at', 'companies.time_zone') }} as date)
        as expected_close_date,
    cast({{ dbt.date_trunc(
        'month', business_date('expected.expected_close_at', 'companies.time_zone')
    ) }} as date) as expected_close_month_date,
    coalesce(expected.longer_won_count, 0) as close_basis_count,
    deals.stated_close_date,
    deals.stated_odds_pct
from expected
cross join companies
left join deals on expected.record_code = deals.deal_code
inner join leads on coalesce(deals.lead_code, expected.record_code) = leads.lead_id

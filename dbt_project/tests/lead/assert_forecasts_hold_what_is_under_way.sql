-- Every deal that its CRM says is under way stands in the forecast once with its amount, and every
-- counted lead under way stands there or is stood for by its deals.
with

deals as (
    select
        deal_code,
        amount
    from {{ ref('int_lead__deals_unioned') }}
    where stage not in ('won', 'lost')
),

leads as (
    select lead_id
    from {{ ref('fct_lead') }}
    where is_counted and not is_inferred and current_stage not in ('won', 'lost', 'rejected')
        and (current_stage <> 'opportunity' or deal_count = 0)
),

wanted as (
    select deal_code as record_id, amount from deals
    union all
    select lead_id as record_id, null as amount from leads
),

forecast as (
    select
        record_id,
        amount
    from {{ ref('fct_pipeline_forecast') }}
)

select
    coalesce(wanted.record_id, forecast.record_id) as record_id,
    wanted.amount as wanted_amount,
    forecast.amount as forecast_amount
from wanted
full outer join forecast on wanted.record_id = forecast.record_id
where wanted.record_id is null
    or forecast.record_id is null
    or abs(wanted.amount - forecast.amount) > 0.005
    or (wanted.amount is null) <> (forecast.amount is null)

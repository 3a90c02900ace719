-- Grain: one row per campaign that the CRM runs, as last known.
with

campaigns as (
    {{ latest_version(source('salesforce', 'campaign'), ['id'], ['system_modstamp']) }}
)

select
    id as campaign_id,
    'salesforce:' || id as campaign_code,
    nullif(trim(name), '') as campaign_name,
    nullif(trim(type), '') as campaign_type,
    nullif(trim(status), '') as status,
    start_date,
    end_date,
    budgeted_cost as budget_amount,
    actual_cost as cost_amount,
    system_modstamp as updated_at,
    _load_id as load_id
from campaigns

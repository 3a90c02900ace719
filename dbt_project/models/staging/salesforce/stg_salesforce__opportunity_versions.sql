-- Grain: one row per opportunity and change. A change that is sent twice stands once.
with

opportunities as (
    {{ latest_version(source('salesforce', 'opportunity'), ['id', 'system_modstamp']) }}
)

select
    id as opportunity_id,
    nullif(trim(account_id), '') as account_id,
    nullif(trim(contact_id), '') as contact_id,
    'salesforce.contact:' || nullif(trim(contact_id), '') as record_id,
    nullif(trim(campaign_id), '') as campaign_id,
    {{ salesforce_campaign_code('campaign_id') }} as campaign_code,
    nullif(trim(name), '') as opportunity_name,
    nullif(trim(stage_name), '') as stage_name,
    amount as amount_original,
    upper(nullif(trim(currency_iso_code), '')) as currency_code,
    probability as probability_pct,
    close_date,
    coalesce(is_closed, false) as is_closed,
    coalesce(is_won, false) as is_won,
    nullif(trim(lead_source), '') as lead_source,
    nullif(trim(owner_id), '') as owner_id,
    coalesce(is_deleted, false) as is_deleted,
    created_date as created_at,
    system_modstamp as updated_at,
    row_number() over (partition by id order by system_modstamp desc) = 1 as is_current,
    _load_id as load_id
from opportunities

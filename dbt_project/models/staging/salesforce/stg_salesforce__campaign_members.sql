-- Grain: one row per lead or contact in a campaign, as last known.
with

members as (
    {{ latest_version(source('salesforce', 'campaign_member'), ['id'], ['system_modstamp']) }}
)

select
    id as campaign_member_id,
    nullif(trim(campaign_id), '') as campaign_id,
    {{ salesforce_campaign_code('campaign_id') }} as campaign_code,
    nullif(trim(lead_id), '') as lead_id,
    nullif(trim(contact_id), '') as contact_id,
    coalesce(
        'salesforce.contact:' || nullif(trim(contact_id), ''),
        'salesforce.lead:' || nullif(trim(lead_id), '')
    ) as record_id,
    nullif(trim(status), '') as status,
    coalesce(has_responded, false) as has_responded,
    first_responded_date as first_responded_at,
    created_date as created_at,
    system_modstamp as updated_at,
    _load_id as load_id
from members

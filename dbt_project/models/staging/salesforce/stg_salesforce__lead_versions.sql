-- Grain: one row per lead and change. A change that is sent twice stands once.
with

leads as (
    {{ latest_version(source('salesforce', 'lead'), ['id', 'system_modstamp']) }}
)

select
    id as lead_id,
    'salesforce.lead:' || id as record_id,
    nullif(trim(first_name), '') as given_name,
    nullif(trim(last_name), '') as family_name,
    nullif(trim(email), '') as email,
    nullif(trim(phone), '') as phone,
    nullif(trim(mobile_phone), '') as mobile_phone,
    nullif(trim(company), '') as company_name,
    nullif(trim(title), '') as title,
    nullif(trim(industry), '') as industry,
    upper(nullif(trim(country_code), '')) as market_code,
    nullif(trim(city), '') as city,
    nullif(trim(lead_source), '') as lead_source,
    nullif(trim(campaign_id_c), '') as campaign_id,
    -- Marketing may note the code of an ad platform's campaign (google_ads:123) instead of an own.
    {{ salesforce_campaign_code('campaign_id_c') }} as campaign_code,
    nullif(trim(web_client_id_c), '') as web_client_id,
    nullif(trim(status), '') as status,
    nullif(trim(rejection_reason_c), '') as rejection_reason,
    score_c as score,
    nullif(trim(owner_id), '') as owner_id,
    has_opted_out_of_email,
    coalesce(is_converted, false) as is_converted,
    converted_date as converted_at,
    nullif(trim(converted_contact_id), '') as converted_contact_id,
    nullif(trim(converted_account_id), '') as converted_account_id,
    nullif(trim(converted_opportunity_id), '') as converted_opportunity_id,
    'salesforce.lead:' || nullif(trim(master_record_id), '') as merged_into_record_id,
    coalesce(is_deleted, false) as is_deleted,
    submitted_at_c as submitted_at,
    created_date as created_at,
    system_modstamp as updated_at,
    row_number() over (partition by id order by system_modstamp desc) = 1 as is_current,
    _load_id as load_id
from leads

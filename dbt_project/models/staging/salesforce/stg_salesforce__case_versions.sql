-- Grain: one row per service case and change. A change that is sent twice stands once. A case
-- without a contact is a record of its own, known by the e-mail, phone or profile it came from.
with

cases as (
    {{ latest_version(source('salesforce', 'case'), ['id', 'system_modstamp']) }}
)

select
    id as case_id,
    nullif(trim(case_number), '') as case_number,
    nullif(trim(contact_id), '') as contact_id,
    coalesce(
        'salesforce.contact:' || nullif(trim(contact_id), ''),
        'salesforce.case:' || id
    ) as record_id,
    nullif(trim(supplied_email), '') as supplied_email,
    nullif(trim(supplied_phone), '') as supplied_phone,
    nullif(trim(social_profile_id_c), '') as social_profile_id,
    nullif(trim(origin), '') as origin,
    lower(nullif(trim(type), '')) as case_type,
    lower(nullif(trim(topic_c), '')) as topic,
    lower(nullif(trim(sentiment_c), '')) as sentiment,
    nullif(trim(status), '') as status,
    lower(nullif(trim(priority), '')) as priority,
    nullif(trim(owner_id), '') as owner_id,
    'salesforce:' || nullif(trim(owner_id), '') as employee_code,
    nullif(trim(order_number_c), '') as order_number,
    nullif(trim(gtin_c), '') as gtin,
    upper(nullif(trim(market_c), '')) as market_code,
    closed_date as closed_at,
    coalesce(is_deleted, false) as is_deleted,
    created_date as created_at,
    system_modstamp as updated_at,
    row_number() over (partition by id order by system_modstamp desc) = 1 as is_current,
    _load_id as load_id
from cases

-- Grain: one row per contact and change. A change that is sent twice stands once.
with

contacts as (
    {{ latest_version(source('salesforce', 'contact'), ['id', 'system_modstamp']) }}
)

select
    id as contact_id,
    'salesforce.contact:' || id as record_id,
    nullif(trim(account_id), '') as account_id,
    nullif(trim(first_name), '') as given_name,
    nullif(trim(last_name), '') as family_name,
    nullif(trim(email), '') as email,
    nullif(trim(phone), '') as phone,
    nullif(trim(mobile_phone), '') as mobile_phone,
    birthdate as birth_date,
    nullif(trim(title), '') as title,
    nullif(trim(lead_source), '') as lead_source,
    nullif(trim(mailing_street), '') as street,
    nullif(trim(mailing_city), '') as city,
    nullif(trim(mailing_postal_code), '') as postal_code,
    upper(nullif(trim(mailing_country_code), '')) as market_code,
    nullif(trim(loyalty_card_c), '') as loyalty_card_id,
    shop_customer_id_c as shop_customer_id,
    has_opted_out_of_email,
    nullif(trim(owner_id), '') as owner_id,
    'salesforce.contact:' || nullif(trim(master_record_id), '') as merged_into_record_id,
    coalesce(is_deleted, false) as is_deleted,
    created_date as created_at,
    system_modstamp as updated_at,
    row_number() over (partition by id order by system_modstamp desc) = 1 as is_current,
    _load_id as load_id
from contacts

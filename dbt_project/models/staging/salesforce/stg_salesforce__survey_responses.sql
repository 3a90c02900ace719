-- Grain: one row per answered CSAT or NPS survey.
with

responses as (
    {{ latest_version(source('salesforce', 'survey_response_c'), ['id']) }}
)

select
    id as survey_response_id,
    upper(trim(survey_type_c)) as survey_type,
    score_c as score,
    nullif(trim(contact_id_c), '') as contact_id,
    'salesforce.contact:' || nullif(trim(contact_id_c), '') as record_id,
    nullif(trim(case_id_c), '') as case_id,
    nullif(trim(order_number_c), '') as order_number,
    nullif(trim(email_c), '') as email,
    responded_at_c as responded_at,
    _business_date as responded_date,
    _load_id as load_id
from responses

-- Grain: one row per answered survey of any CRM: CSAT (1 to 5) or NPS (0 to 10).
with

responses as (
    select * from {{ ref('stg_salesforce__survey_responses') }}
),

crm_surveys as (
    select * from {{ ref('stg_crm__surveys') }}
)

select
    'salesforce.survey:' || survey_response_id as survey_id,
    'salesforce' as system,
    'salesforce' as source_name,
    survey_type,
    score,
    record_id,
    'salesforce.case:' || case_id as ticket_code,
    order_number,
    email,
    responded_at,
    responded_date,
    load_id
from responses
union all
select
    survey_code as survey_id,
    'crm' as system,
    source_name,
    survey_type,
    score,
    coalesce(contact_record_id, lead_record_id) as record_id,
    ticket_code,
    order_number,
    email,
    responded_at,
    responded_date,
    load_id
from crm_surveys

-- Grain: one row per answered CSAT or NPS survey; the newest file holds.
with

surveys as (
    {{ latest_version(source('crm', 'survey'), ['_source', 'survey_id']) }}
)

select
    survey_id,
    {{ crm_code('survey', 'survey_id') }} as survey_code,
    upper(trim(survey_type)) as survey_type,
    score,
    {{ crm_code('ticket', 'ticket_id') }} as ticket_code,
    nullif(trim(order_number), '') as order_number,
    {{ crm_code('contact', 'contact_id') }} as contact_record_id,
    {{ crm_code('lead', 'lead_id') }} as lead_record_id,
    nullif(trim(email), '') as email,
    responded_at,
    _business_date as responded_date,
    _source as source_name,
    _load_id as load_id
from surveys

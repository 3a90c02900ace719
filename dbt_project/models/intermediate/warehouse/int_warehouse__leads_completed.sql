-- Grain: one row per source of leads and month of capture: how complete and usable what it says of
-- a lead is. Deals without a lead are none of its.
{% set month -%}
    coalesce(
        cast({{ dbt.date_trunc('month', 'leads.captured_date') }} as date), date '1900-01-01'
    )
{%- endset %}
with

leads as (
    select * from {{ ref('fct_lead') }} where not is_inferred
),

sources as (
    select lead_code, source_name from {{ ref('int_lead__leads_unioned') }}
),

standing as (
    select * from {{ ref('int_lead__leads_standing') }}
),

records as (
    select * from {{ ref('int_customer__person_records') }}
),

customers as (
    select * from {{ ref('dim_customer') }} where is_current
)

select
    sources.source_name,
    {{ month }} as month_date,
    count(*) as lead_count,
    count(records.email_normalised) as email_count,
    count(records.phone_normalised) as phone_count,
    count(records.company_name) as company_count,
    sum(case when leads.campaign_key <> {{ unknown_key() }} then 1 else 0 end) as campaign_count,
    sum(case when standing.has_unmapped then 1 else 0 end) as unmapped_count,
    sum(case when leads.duplicate_of_lead_key <> {{ unknown_key() }} then 1 else 0 end)
        as duplicate_lead_count,
    sum(case when customers.is_identified then 1 else 0 end) as identified_count
from leads
inner join sources on leads.lead_id = sources.lead_code
inner join standing on leads.lead_key = standing.lead_key
left join records on leads.record_id = records.record_id
left join customers on leads.customer_key = customers.customer_key
group by sources.source_name, {{ month }}

-- Grain: one row per lead and period in which its fields were as they stand here. The first known
-- version holds for the time before it, the last one lasts; a CRM that exports no changes has one. Job titles come from Salesforce only.
-- A change that comes late takes its own place in time.
with

versions as (
    select * from {{ ref('stg_salesforce__lead_versions') }}
),

crm_versions as (
    select * from {{ ref('stg_crm__lead_versions') }}
),

stated as (
    select
        record_id as lead_code,
        updated_at,
        given_name,
        family_name,
        email,
        coalesce(phone, mobile_phone) as phone,
        company_name,
        title,
        industry,
        market_code,
        city,
        lead_source,
        campaign_code,
        cast(score as integer) as score
    from versions
    union all
    select
        record_id as lead_code,
        updated_at,
        given_name,
        family_name,
        email,
        coalesce(phone, mobile_phone) as phone,
        company_name,
        null as title,
        industry,
        market_code,
        city,
        lead_source,
        campaign_code,
        cast(score as integer) as score
    from crm_versions
),

numbered as (
    select
        *,
        row_number() over (partition by lead_code order by updated_at nulls first)
            as version_number,
        lead(updated_at) over (partition by lead_code order by updated_at nulls first)
            as next_updated_at
    from stated
)

select
    lead_code,
    version_number,
    case when version_number = 1 then timestamp '1900-01-01 00:00:00' else updated_at end
        as valid_from,
    coalesce(next_updated_at, timestamp '9999-12-31 00:00:00') as valid_to,
    given_name,
    family_name,
    email,
    phone,
    company_name,
    title,
    industry,
    market_code,
    city,
    lead_source,
    campaign_code,
    score
from numbered

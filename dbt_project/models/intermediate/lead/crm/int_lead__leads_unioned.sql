-- Grain: one row per lead of any CRM, deleted and merged ones included, and one inferred row per
-- deal whose lead is missing or was never recorded, so that no deal is lost.
with

salesforce_leads as (
    select * from {{ ref('stg_salesforce__leads') }}
),

crm_leads as (
    select * from {{ ref('int_lead__crm_leads_linked') }}
),

deals as (
    select * from {{ ref('int_lead__deals_unioned') }}
),

markets as (
    select * from {{ source('company', 'market') }}
),

companies as (
    select * from {{ source('company', 'company') }}
),

calendars as (
    select distinct calendar_code from {{ ref('int_lead__hours_opened') }}
),

leads as (
    select
        record_id as lead_code,
        'salesforce' as system,
        'salesforce' as source_name,
        'salesforce.lead' as channel_system,
        lead_id,
        record_id,
        submitted_at,
        created_at as captured_at,
        status,
        lead_source,
        campaign_code,
        'salesforce:' || owner_id as employee_code,
        market_code,
        score,
        rejection_reason,
        'salesforce.contact:' || converted_contact_id as converted_contact_record_id,
        merged_into_record_id as merged_into_lead_code,
        is_deleted,
        false as is_inferred,
        updated_at,
        load_id
    from salesforce_leads
    union all
    select
        record_id as lead_code,
        'crm' as system,
        source_name,
        'crm.lead' as channel_system,
        lead_id,
        record_id,
        submitted_at,
        created_at as captured_at,
        status,
        lead_source,
        campaign_code,
        employee_code,
        market_code,
        score,
        rejection_reason,
        contact_record_id as converted_contact_record_id,
        merged_into_record_id as merged_into_lead_code,
        is_deleted,
        false as is_inferred,
        updated_at,
        load_id
    from crm_leads
    union all
    select
        deal_code as lead_code,
        system,
        system as source_name,
        case system when 'salesforce' then 'salesforce.lead' else 'crm.lead' end as channel_system,
        deal_code as lead_id,
        record_id,
        cast(null as timestamp) as submitted_at,
        cast(null as timestamp) as captured_at,
        null as status,
        lead_source,
        campaign_code,
        employee_code,
        null as market_code,
        null as score,
        null as rejection_reason,
        null as converted_contact_record_id,
        null as merged_into_lead_code,
        false as is_deleted,
        true as is_inferred,
        coalesce(closed_at, opened_at) as updated_at,
        load_id
    from deals
    where is_without_lead
)

select
    leads.*,
    coalesce(calendars.calendar_code, '*') as calendar_code,
    coalesce(markets.time_zone, companies.time_zone) as time_zone,
    {{ business_date('leads.captured_at', 'coalesce(markets.time_zone, companies.time_zone)') }}
        as captured_date
from leads
cross join companies
left join markets on leads.market_code = markets.market_code
left join calendars on leads.market_code = calendars.calendar_code

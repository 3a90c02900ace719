{{ config(materialized='view') }}
{#
    Grain: origin of a contact: system, source, medium and campaign, as staging names them.
    Every origin that any source mentions, as text without nulls.
#}
with web as (
    select distinct source, medium, campaign_name from {{ ref('int_channel__web_origins') }}
),

cases as (
    select channel_system, origin from {{ ref('int_lead__tickets_unioned') }}
    union
    select
        tickets.channel_system,
        messages.channel as origin,
    from {{ ref('int_lead__messages_unioned') }} as messages
    inner join {{ ref('int_lead__tickets_unioned') }} as tickets
        on messages.ticket_code = tickets.ticket_code
),

tasks as (
    select distinct task_subtype from {{ ref('stg_salesforce__tasks') }}
),

leads as (
    select lead_source from {{ ref('stg_salesforce__leads') }}
    union
    select lead_source from {{ ref('stg_salesforce__opportunities') }}
),

crm_leads as (
    select lead_source from {{ ref('stg_crm__leads') }}
    union
    select lead_source from {{ ref('stg_crm__deals') }}
),

crm_activities as (
    select distinct activity_type from {{ ref('stg_crm__activities') }}
),

crm_campaigns as (
    select distinct campaign_type from {{ ref('stg_salesforce__campaigns') }}
),

sales as (
    select distinct
        case when system in ('shopify', 'shop') then system else 'distributor' end as system,
        case when system in ('shopify', 'shop') then source_name else place_type end as source,
    from {{ ref('int_distributor__sale_headers') }}
),

campaigns as (
    select distinct channel_code, campaign_type from {{ ref('stg_campaign__campaigns') }}
),

search_campaigns as (
    select distinct advertising_channel_type from {{ ref('stg_google_ads__campaigns') }}
),

messages as (
    select distinct platform from {{ ref('stg_social__messages') }}
),

contacts as (
    select distinct channel_source, channel_medium, channel_campaign
    from {{ ref('stg_touchpoint__contacts') }}
),

origins as (
    select 'ga4' as system, source, medium, campaign_name as campaign from web
    union all
    select channel_system, origin, null, null from cases
    union all
    select 'salesforce.task', task_subtype, null, null from tasks
    union all
    select 'salesforce.lead', lead_source, null, null from leads
    union all
    select 'salesforce.campaign', campaign_type, null, null from crm_campaigns
    union all
    select 'crm.lead', lead_source, null, null from crm_leads
    union all
    select 'crm.activity', activity_type, null, null from crm_activities
    union all
    select system, source, null, null from sales
    union all
    select 'campaign', channel_code, campaign_type, null from campaigns
    union all
    select 'google_ads', advertising_channel_type, null, null from search_campaigns
    union all
    select 'social', platform, null, null from messages
    union all
    select 'touchpoint', channel_source, channel_medium, channel_campaign from contacts
    union all
    select 'ga4', '(direct)', '(none)', null
    union all
    select 'distributor', 'physical_store', null, null
    union all
    select 'distributor', 'e_tailer', null, null
    {% for system in [
        'ga4', 'klaviyo', 'social', 'salesforce.case', 'salesforce.task', 'salesforce.event',
        'salesforce.lead', 'salesforce.campaign', 'salesforce.survey', 'crm.lead', 'crm.activity',
        'crm.ticket', 'crm.survey', 'shopify', 'shop', 'campaign', 'google_ads', 'facebook_ads', 'distributor', 'retail_media',
        'touchpoint',
    ] %}
    union all
    select '{{ system }}', null, null, null
    {%- endfor %}
),

int_channel__contact_origins as (
    select distinct
        system,
        coalesce(source, '') as source,
        coalesce(medium, '') as medium,
        coalesce(campaign, '') as campaign,
    from origins
)

select * from int_channel__contact_origins

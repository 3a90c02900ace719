{{ config(materialized='view') }}
{# Grain: campaign that a source describes, with its origin (system, source, medium). #}
with search_campaigns as (
    select * from {{ ref('stg_google_ads__campaigns') }}
),

social_campaigns as (
    select * from {{ ref('stg_facebook_ads__campaigns') }}
),

email_campaigns as (
    select * from {{ ref('stg_klaviyo__campaigns') }}
),

crm_campaigns as (
    select * from {{ ref('stg_salesforce__campaigns') }}
),

flat_campaigns as (
    select * from {{ ref('stg_campaign__campaigns') }}
),

retail_media as (
    select * from {{ ref('stg_campaign__retail_media') }}
),

retail_campaigns as (
    select
        campaign_code,
        max(feed_source) as feed_source,
        max(campaign_id) as campaign_id,
        max(campaign_name) as campaign_name,
        min(spend_date) as start_date,
        max(spend_date) as end_date,
    from retail_media
    where campaign_code not in (select campaign_code from flat_campaigns)
    group by campaign_code
),

int_channel__campaigns_described as (
    select
        campaign_code,
        'google_ads' as system,
        'google_ads' as origin_system,
        campaign_id,
        campaign_name,
        lower(advertising_channel_type) as campaign_type,
        lower(status) as status,
        start_date,
        end_date,
        cast(null as double) as budget_amount,
        cast(null as double) as cost_amount,
        coalesce(advertising_channel_type, '') as origin_source,
        '' as origin_medium,
    from search_campaigns
    union all
    select
        campaign_code, 'facebook_ads', 'facebook_ads', campaign_id, campaign_name,
        lower(objective), null, null, null, null, null, '', '',
    from social_campaigns
    union all
    select
        campaign_code, 'klaviyo', 'klaviyo', campaign_id, campaign_name, lower(campaign_type),
        lower(status), cast(sent_at as date), null, null, null, '', '',
    from email_campaigns
    union all
    select
        campaign_code, 'salesforce', 'salesforce.campaign', campaign_id, campaign_name,
        lower(campaign_type), lower(status), start_date, end_date, budget_amount, cost_amount,
        coalesce(campaign_type, ''), '',
    from crm_campaigns
    union all
    select
        campaign_code, feed_source, 'campaign', campaign_id, campaign_name,
        lower(campaign_type), null, start_date, end_date, budget_amount, null,
        coalesce(channel_code, ''), coalesce(campaign_type, ''),
    from flat_campaigns
    union all
    select
        campaign_code, feed_source, 'retail_media', campaign_id, campaign_name,
        'retail media', null, start_date, end_date, null, null, '', '',
    from retail_campaigns
)

select * from int_channel__campaigns_described

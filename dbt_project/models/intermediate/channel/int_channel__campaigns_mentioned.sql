{{ config(materialized='view') }}
{# Grain: campaign code that any contact, cost, lead, deal or target mentions, described or not. #}
with web_origins as (
    select * from {{ ref('int_channel__web_origins') }}
),

messages as (
    select * from {{ ref('int_channel__messages_daily') }}
),

search_stats as (
    select * from {{ ref('stg_google_ads__ad_stats') }}
),

social_ads as (
    select * from {{ ref('stg_facebook_ads__ads') }}
),

contacts as (
    select * from {{ ref('stg_campaign__contacts') }}
),

coupon_redemptions as (
    select * from {{ ref('stg_campaign__coupon_redemptions') }}
),

coupons as (
    select * from {{ ref('stg_campaign__coupons') }}
),

crm_leads as (
    select * from {{ ref('stg_crm__leads') }}
),

crm_deals as (
    select * from {{ ref('stg_crm__deals') }}
),

leads as (
    select * from {{ ref('stg_salesforce__leads') }}
),

members as (
    select * from {{ ref('stg_salesforce__campaign_members') }}
),

opportunities as (
    select * from {{ ref('stg_salesforce__opportunities') }}
),

other_contacts as (
    select * from {{ ref('stg_touchpoint__contacts') }}
),

targets as (
    select campaign_code from {{ source('company', 'campaign_target') }}
),

mentions as (
    select campaign_code from web_origins
    union
    select campaign_code from messages
    union
    select campaign_code from search_stats
    union
    select campaign_code from social_ads
    union
    select campaign_code from contacts
    union
    select campaign_code from coupon_redemptions
    union
    select campaign_code from coupons
    union
    select campaign_code from crm_leads
    union
    select campaign_code from crm_deals
    union
    select campaign_code from leads
    union
    select campaign_code from members
    union
    select campaign_code from opportunities
    union
    select campaign_code from other_contacts
    union
    select campaign_code from targets
),

int_channel__campaigns_mentioned as (
    select
        campaign_code,
        split_part(campaign_code, ':', 1) as system,
        substr(campaign_code, length(split_part(campaign_code, ':', 1)) + 2) as campaign_id,
    from mentions
    where campaign_code is not null
)

select * from int_channel__campaigns_mentioned

{{ config(materialized='view') }}
{# Grain: ad or message variant that a source describes or a contact mentions. #}
with search_ads as (
    select * from {{ ref('stg_google_ads__ads') }}
),

social_ads as (
    select * from {{ ref('stg_facebook_ads__ads') }}
),

messages as (
    select * from {{ ref('int_channel__messages_daily') }}
),

search_stats as (
    select * from {{ ref('stg_google_ads__ad_stats') }}
),

social_stats as (
    select * from {{ ref('stg_facebook_ads__ad_stats') }}
),

web_origins as (
    select * from {{ ref('int_channel__web_origins') }}
),

contacts as (
    select * from {{ ref('stg_touchpoint__contacts') }}
),

variants as (
    select
        creative_code,
        max(campaign_code) as campaign_code,
        max(variant) as variant,
        max(subject) as subject,
    from messages
    where creative_code is not null
    group by creative_code
),

described as (
    select
        creative_code,
        'google_ads' as system,
        campaign_code,
        coalesce(creative_name, creative_code) as creative_name,
        coalesce(lower(creative_type), 'ad') as creative_type,
        cast(null as {{ dbt.type_string() }}) as subject,
        final_urls as landing_page,
    from search_ads
    union all
    select
        creative_code, 'facebook_ads', campaign_code, coalesce(creative_name, creative_code),
        'ad', null, null,
    from social_ads
    union all
    select creative_code, 'klaviyo', campaign_code, variant, 'e-mail', subject, null
    from variants
),

mentions as (
    select creative_code, max(campaign_code) as campaign_code
    from (
        select creative_code, campaign_code from search_stats
        union all
        select creative_code, null from social_stats
        union all
        select creative_code, campaign_code from web_origins
        union all
        select creative_code, campaign_code from contacts
    ) as mentioned
    where creative_code is not null
    group by creative_code
),

int_channel__creatives_described as (
    select *, false as is_inferred from described
    union all
    select
        creative_code,
        split_part(creative_code, ':', 1),
        campaign_code,
        substr(creative_code, length(split_part(creative_code, ':', 1)) + 2),
        'unknown',
        null,
        null,
        true,
    from mentions
    where creative_code not in (select creative_code from described)
)

select * from int_channel__creatives_described

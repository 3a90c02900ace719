{{ config(materialized='view') }}
{#
    Grain: platform, campaign, ad and day, in the account's currency.
    Fact type: periodic snapshot; a restated day replaces the earlier one.
#}
with search_stats as (
    select * from {{ ref('stg_google_ads__ad_stats') }}
),

social_stats as (
    select * from {{ ref('stg_facebook_ads__ad_stats') }}
),

social_actions as (
    select * from {{ ref('stg_facebook_ads__ad_actions') }}
),

social_ads as (
    select * from {{ ref('stg_facebook_ads__ads') }}
),

retail_media as (
    select * from {{ ref('stg_campaign__retail_media') }}
),

{# The same purchase is counted under several action types: the first of them that is there. #}
claimed_purchases as (
    select
        creative_code,
        spend_date,
        coalesce(
            max(case when action_type = 'purchase' then actions end),
            max(case when action_type = 'omni_purchase' then actions end),
            max(case when action_type = 'offsite_conversion.fb_pixel_purchase' then actions end)
        ) as claimed_conversions,
        max(load_id) as load_id,
    from social_actions
    group by creative_code, spend_date
),

search_spend as (
    select
        spend_date,
        'google_ads' as platform,
        campaign_code,
        creative_code,
        cast(null as {{ dbt.type_string() }}) as distributor_code,
        currency_code,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(spend_amount_original) as spend_amount_original,
        sum(claimed_conversions) as claimed_conversions,
        sum(claimed_revenue_amount_original) as claimed_revenue_amount_original,
        max(load_id) as load_id,
    from search_stats
    group by spend_date, campaign_code, creative_code, currency_code
),

social_spend as (
    select
        social_stats.spend_date,
        'facebook_ads' as platform,
        social_ads.campaign_code,
        social_stats.creative_code,
        null as distributor_code,
        social_stats.currency_code,
        social_stats.impressions,
        social_stats.clicks,
        social_stats.spend_amount_original,
        coalesce(claimed_purchases.claimed_conversions, 0) as claimed_conversions,
        null as claimed_revenue_amount_original,
        greatest(social_stats.load_id, coalesce(claimed_purchases.load_id, 0)) as load_id,
    from social_stats
    left join social_ads on social_stats.creative_code = social_ads.creative_code
    left join claimed_purchases
        on social_stats.creative_code = claimed_purchases.creative_code
        and social_stats.spend_date = claimed_purchases.spend_date
),

retail_spend as (
    select
        spend_date,
        'retail_media' as platform,
        campaign_code,
        null as creative_code,
        distributor_code,
        currency_code,
        impressions,
        clicks,
        spend_amount_original,
        claimed_units as claimed_conversions,
        claimed_revenue_amount_original,
        load_id,
    from retail_media
),

int_channel__ad_spend_unioned as (
    select * from search_spend
    union all
    select * from social_spend
    union all
    select * from retail_spend
)

select * from int_channel__ad_spend_unioned

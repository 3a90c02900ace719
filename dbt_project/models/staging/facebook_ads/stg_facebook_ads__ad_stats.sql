{#
    Grain: ad, day. Fact type: periodic snapshot.
    Restated days: the newest arrival holds.
#}
with ad_stats as (
    {{ latest_version(source('facebook_ads', 'basic_ad'), ['ad_id', 'date'], ['_received_at']) }}
),

stg_facebook_ads__ad_stats as (
    select
        date as spend_date,
        'facebook_ads:' || ad_id as creative_code,
        account_id,
        currency_code,
        coalesce(impressions, 0) as impressions,
        coalesce(inline_link_clicks, 0) as clicks,
        coalesce(spend, 0) as spend_amount_original,
        _load_id as load_id,
        _business_date as business_date,
    from ad_stats
)

select * from stg_facebook_ads__ad_stats

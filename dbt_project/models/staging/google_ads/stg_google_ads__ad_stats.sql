{#
    Grain: ad, day, device, network. Fact type: periodic snapshot.
    Restated days: the newest arrival holds.
#}
with ad_stats as (
    {{ latest_version(
        source('google_ads', 'ad_stats'), ['date', 'ad_id', 'device', 'ad_network_type'],
        ['_received_at'],
    ) }}
),

stg_google_ads__ad_stats as (
    select
        date as spend_date,
        'google_ads:' || campaign_id as campaign_code,
        'google_ads:' || ad_id as creative_code,
        customer_id as account_id,
        ad_group_id,
        device,
        ad_network_type,
        currency_code,
        coalesce(impressions, 0) as impressions,
        coalesce(clicks, 0) as clicks,
        coalesce(cost_micros, 0) / 1000000.0 as spend_amount_original,
        coalesce(conversions, 0) as claimed_conversions,
        coalesce(conversions_value, 0) as claimed_revenue_amount_original,
        _load_id as load_id,
        _business_date as business_date,
    from ad_stats
)

select * from stg_google_ads__ad_stats

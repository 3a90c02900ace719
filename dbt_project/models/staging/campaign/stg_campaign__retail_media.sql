{#
    Grain: campaign on an e-tailer's site, e-tailer, day. Fact type: periodic snapshot.
    Restated days: the newest arrival holds.
#}
with retail_media as (
    {{ latest_version(
        source('campaign', 'retail_media'), ['_source', 'campaign_id', 'distributor_code', 'date'],
        ['_received_at'],
    ) }}
),

stg_campaign__retail_media as (
    select
        _source || ':' || campaign_id as campaign_code,
        _source as feed_source,
        campaign_id,
        campaign_name,
        distributor_code,
        date as spend_date,
        coalesce(impressions, 0) as impressions,
        coalesce(clicks, 0) as clicks,
        coalesce(spend, 0) as spend_amount_original,
        currency as currency_code,
        coalesce(attributed_units, 0) as claimed_units,
        coalesce(attributed_revenue, 0) as claimed_revenue_amount_original,
        _load_id as load_id,
        _business_date as business_date,
    from retail_media
)

select * from stg_campaign__retail_media

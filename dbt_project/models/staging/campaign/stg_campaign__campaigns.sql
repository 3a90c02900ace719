{# Grain: campaign of a sender, as it last described it. #}
with campaigns as (
    {{ latest_version(
        source('campaign', 'campaign'), ['_source', 'campaign_id'], ['_received_at']
    ) }}
),

stg_campaign__campaigns as (
    select
        _source || ':' || campaign_id as campaign_code,
        _source as feed_source,
        campaign_id,
        name as campaign_name,
        campaign_type,
        channel as channel_code,
        start_date,
        end_date,
        budget as budget_amount,
    from campaigns
)

select * from stg_campaign__campaigns

{# Grain: ad, as of its newest version. #}
with ads as (
    {{ latest_version(source('google_ads', 'ad_history'), ['id'], ['updated_at']) }}
),

stg_google_ads__ads as (
    select
        'google_ads:' || id as creative_code,
        'google_ads:' || campaign_id as campaign_code,
        ad_group_id,
        name as creative_name,
        type as creative_type,
        status,
        final_urls,
        updated_at,
    from ads
)

select * from stg_google_ads__ads

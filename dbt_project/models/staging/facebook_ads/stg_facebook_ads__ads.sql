{# Grain: ad, as of its newest version. #}
with ads as (
    {{ latest_version(source('facebook_ads', 'ad_history'), ['id'], ['updated_time']) }}
),

stg_facebook_ads__ads as (
    select
        'facebook_ads:' || id as creative_code,
        'facebook_ads:' || campaign_id as campaign_code,
        ad_set_id,
        cast(creative_id as {{ dbt.type_string() }}) as creative_id,
        name as creative_name,
        updated_time as updated_at,
    from ads
)

select * from stg_facebook_ads__ads

{# Grain: campaign, as of its newest version. #}
with campaigns as (
    {{ latest_version(source('facebook_ads', 'campaign_history'), ['id'], ['updated_time']) }}
),

stg_facebook_ads__campaigns as (
    select
        'facebook_ads:' || id as campaign_code,
        cast(id as {{ dbt.type_string() }}) as campaign_id,
        name as campaign_name,
        objective,
        updated_time as updated_at,
    from campaigns
)

select * from stg_facebook_ads__campaigns

{# Grain: campaign, as of its newest version. #}
with campaigns as (
    {{ latest_version(source('google_ads', 'campaign_history'), ['id'], ['updated_at']) }}
),

stg_google_ads__campaigns as (
    select
        'google_ads:' || id as campaign_code,
        cast(id as {{ dbt.type_string() }}) as campaign_id,
        name as campaign_name,
        advertising_channel_type,
        status,
        start_date,
        end_date,
        updated_at,
    from campaigns
)

select * from stg_google_ads__campaigns

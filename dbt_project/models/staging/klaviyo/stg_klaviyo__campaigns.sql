{# Grain: e-mail campaign, as of its newest version. #}
with campaigns as (
    {{ latest_version(source('klaviyo', 'campaign'), ['id'], ['updated']) }}
),

stg_klaviyo__campaigns as (
    select
        'klaviyo:' || id as campaign_code,
        id as campaign_id,
        coalesce(name, subject) as campaign_name,
        subject,
        campaign_type,
        status,
        sent_at,
        updated as updated_at,
    from campaigns
)

select * from stg_klaviyo__campaigns

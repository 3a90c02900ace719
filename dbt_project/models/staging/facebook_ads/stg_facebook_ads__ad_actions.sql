{#
    Grain: ad, day, action type. Fact type: periodic snapshot.
    Restated days: the newest arrival holds.
#}
with ad_actions as (
    {{ latest_version(
        source('facebook_ads', 'basic_ad_actions'), ['ad_id', 'date', 'action_type'],
        ['_received_at'],
    ) }}
),

stg_facebook_ads__ad_actions as (
    select
        date as spend_date,
        'facebook_ads:' || ad_id as creative_code,
        action_type,
        coalesce(value, 0) as actions,
        _load_id as load_id,
        _business_date as business_date,
    from ad_actions
)

select * from stg_facebook_ads__ad_actions

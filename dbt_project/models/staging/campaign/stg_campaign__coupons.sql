{# Grain: coupon, product and campaign. #}
with coupons as (
    {{ latest_version(
        source('campaign', 'coupon'), ['_source', 'coupon_code', 'product_code', 'campaign_id']
    ) }}
),

stg_campaign__coupons as (
    select
        _source || ':' || campaign_id as campaign_code,
        _source as feed_source,
        coupon_code,
        product_code,
        campaign_id,
    from coupons
)

select * from stg_campaign__coupons

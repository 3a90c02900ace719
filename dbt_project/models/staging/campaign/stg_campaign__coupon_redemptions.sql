{#
    Grain: coupon redeemed, as received: a redemption has no key, so equal rows stay and the
    row's number in its file tells them apart. Fact type: transaction.
#}
with coupon_redemptions as (
    select * from {{ source('campaign', 'coupon_redemption') }}
),

stg_campaign__coupon_redemptions as (
    select
        _source || '/' || _period || '/' || _file || '/' || _row as redemption_id,
        _source || ':' || campaign_id as campaign_code,
        _source as feed_source,
        coupon_code,
        campaign_id,
        {{ addressed_record_id('coalesce(person_source, _source)', 'person_id') }} as record_id,
        person_id,
        coalesce(person_source, _source) as person_source,
        redeemed_on,
        _load_id as load_id,
        _business_date as business_date,
    from coupon_redemptions
)

select * from stg_campaign__coupon_redemptions

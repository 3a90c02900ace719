{{ config(materialized='view') }}
{#
    Grain: person addressed by a campaign outside the ad platforms, or coupon that a person
    redeemed. Sources give days, not times: the contact stands at the day's beginning (UTC), before
    what else happened on it. A mailing to a named person is a step of the journey; nobody can
    click it, so its delivery is all that can be seen.
#}
with contacts as (
    select * from {{ ref('stg_campaign__contacts') }}
),

coupon_redemptions as (
    select * from {{ ref('stg_campaign__coupon_redemptions') }}
),

campaigns as (
    select * from {{ ref('stg_campaign__campaigns') }}
),

touches as (
    select
        'campaign.contact:' || campaign_code || '/' || record_id || '/' || contacted_on
            as touchpoint_id,
        record_id,
        contacted_on as touchpoint_date,
        channel_code,
        campaign_type,
        campaign_code,
        'campaign_contact' as touchpoint_type,
        load_id
    from contacts
    where contacted_on is not null
    union all
    select
        'campaign.coupon:' || coupon_redemptions.redemption_id as touchpoint_id,
        coupon_redemptions.record_id,
        coupon_redemptions.redeemed_on as touchpoint_date,
        campaigns.channel_code,
        campaigns.campaign_type,
        coupon_redemptions.campaign_code,
        'coupon_redemption' as touchpoint_type,
        coupon_redemptions.load_id
    from coupon_redemptions
    left join campaigns on coupon_redemptions.campaign_code = campaigns.campaign_code
),

int_journey__campaign_touchpoints as (
    select
        touchpoint_id,
        'campaign' as source_system,
        record_id,
        cast(touchpoint_date as timestamp) as occurred_at,
        touchpoint_date,
        {{ unknown_text() }} as market_code,
        'campaign' as channel_system,
        channel_code as channel_source,
        campaign_type as channel_medium,
        {{ unknown_text() }} as channel_campaign,
        campaign_code,
        {{ unknown_text() }} as creative_code,
        {{ unknown_text() }} as store_code,
        {{ unknown_text() }} as distributor_code,
        {{ unknown_text() }} as employee_code,
        {{ unknown_text() }} as department,
        touchpoint_type,
        {{ unknown_text() }} as intent,
        {{ unknown_text() }} as stage,
        {{ unknown_text() }} as device_category,
        {{ unknown_text() }} as initiated_by,
        true as is_effective,
        false as is_direct,
        {{ unknown_text() }} as sale_id,
        {{ unknown_text() }} as lead_id,
        {{ unknown_text() }} as ticket_id,
        {{ unknown_text() }} as conversion_type,
        {{ unknown_text() }} as sentiment,
        cast(null as {{ dbt.type_int() }}) as satisfaction_score,
        load_id
    from touches
)

select * from int_journey__campaign_touchpoints

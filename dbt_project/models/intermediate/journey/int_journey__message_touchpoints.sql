{{ config(materialized='view') }}
{#
    Grain: e-mail event or social message of a person. What the company sent is an exposure, not an
    engagement, unless the company's rules say otherwise: it counts for frequency and for pestering,
    not for the path of a journey.
#}
with email_events as (
    select * from {{ ref('stg_klaviyo__events') }}
),

social_messages as (
    select * from {{ ref('stg_social__messages') }}
),

int_journey__message_touchpoints as (
    select
        'klaviyo.event:' || event_id as touchpoint_id,
        'klaviyo' as source_system,
        record_id,
        occurred_at,
        cast(null as date) as touchpoint_date,
        {{ unknown_text() }} as market_code,
        'klaviyo' as channel_system,
        {{ unknown_text() }} as channel_source,
        {{ unknown_text() }} as channel_medium,
        {{ unknown_text() }} as channel_campaign,
        campaign_code,
        creative_code,
        {{ unknown_text() }} as store_code,
        {{ unknown_text() }} as distributor_code,
        {{ unknown_text() }} as employee_code,
        {{ unknown_text() }} as department,
        'email_' || event_type as touchpoint_type,
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
    from email_events
    where event_type <> 'other'
    union all
    select
        'social.message:' || message_id as touchpoint_id,
        'social' as source_system,
        record_id,
        occurred_at,
        cast(null as date) as touchpoint_date,
        market_code,
        'social' as channel_system,
        platform as channel_source,
        {{ unknown_text() }} as channel_medium,
        {{ unknown_text() }} as channel_campaign,
        {{ unknown_text() }} as campaign_code,
        {{ unknown_text() }} as creative_code,
        {{ unknown_text() }} as store_code,
        {{ unknown_text() }} as distributor_code,
        {{ unknown_text() }} as employee_code,
        {{ unknown_text() }} as department,
        case when direction = 'outbound' then 'social_reply' else 'social_message' end
            as touchpoint_type,
        case when lower(sentiment) = 'negative' and direction = 'inbound' then 'complain' end
            as intent,
        {{ unknown_text() }} as stage,
        {{ unknown_text() }} as device_category,
        {{ unknown_text() }} as initiated_by,
        true as is_effective,
        false as is_direct,
        {{ unknown_text() }} as sale_id,
        {{ unknown_text() }} as lead_id,
        {{ unknown_text() }} as ticket_id,
        {{ unknown_text() }} as conversion_type,
        case when direction = 'inbound' then lower(sentiment) end as sentiment,
        cast(null as {{ dbt.type_int() }}) as satisfaction_score,
        load_id
    from social_messages
)

select * from int_journey__message_touchpoints

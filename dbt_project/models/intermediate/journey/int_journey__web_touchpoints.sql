{{ config(materialized='view') }}
{#
    Grain: visit to the web or app, or click that leaves it for another site. Visits of machines and
    of colleagues stay out here; int_journey__events_sessionized counts them.
    A visit that names no source is direct, as in Google's own reports.
    Whoever was logged in made the visit, even on a device that several people share.
#}
with sessions as (
    select * from {{ ref('int_journey__events_sessionized') }}
    where excluded_because is null
),

clicks as (
    select * from {{ ref('int_journey__outbound_clicks') }}
    where excluded_because is null
),

domains as (
    select * from {{ ref('int_journey__link_domains') }}
),

contacts as (
    select
        'ga4.session:' || session_id as touchpoint_id,
        coalesce(user_record_id, record_id) as record_id,
        started_at as occurred_at,
        session_date as touchpoint_date,
        market_code,
        traffic,
        {{ unknown_text() }} as distributor_code,
        case when platform in ('IOS', 'ANDROID') then 'app_session' else 'web_session' end
            as touchpoint_type,
        case stage_rank when 3 then 'intent' when 2 then 'consideration' end as stage,
        device_category,
        load_id
    from sessions
    union all
    select
        'ga4.click:' || clicks.event_key as touchpoint_id,
        coalesce(clicks.user_record_id, clicks.record_id) as record_id,
        clicks.occurred_at,
        clicks.click_date as touchpoint_date,
        clicks.market_code,
        clicks.traffic,
        domains.distributor_code,
        'outbound_click' as touchpoint_type,
        {{ unknown_text() }} as stage,
        clicks.device_category,
        clicks.load_id
    from clicks
    left join domains on clicks.link_domain = domains.link_domain
),

int_journey__web_touchpoints as (
    select
        touchpoint_id,
        'ga4' as source_system,
        record_id,
        occurred_at,
        touchpoint_date,
        market_code,
        'ga4' as channel_system,
        case when traffic is null then '(direct)' else {{ traffic_part('traffic', 'source') }} end
            as channel_source,
        case when traffic is null then '(none)' else {{ traffic_part('traffic', 'medium') }} end
            as channel_medium,
        {{ traffic_part('traffic', 'campaign_name') }} as channel_campaign,
        {{ traffic_part('traffic', 'campaign_code') }} as campaign_code,
        {{ traffic_part('traffic', 'creative_code') }} as creative_code,
        {{ unknown_text() }} as store_code,
        distributor_code,
        {{ unknown_text() }} as employee_code,
        {{ unknown_text() }} as department,
        touchpoint_type,
        {{ unknown_text() }} as intent,
        stage,
        device_category,
        {{ unknown_text() }} as initiated_by,
        true as is_effective,
        traffic is null
            or {{ traffic_part('traffic', 'source') }} = '(direct)' as is_direct,
        {{ unknown_text() }} as sale_id,
        {{ unknown_text() }} as lead_id,
        {{ unknown_text() }} as ticket_id,
        {{ unknown_text() }} as conversion_type,
        {{ unknown_text() }} as sentiment,
        cast(null as {{ dbt.type_int() }}) as satisfaction_score,
        load_id
    from contacts
)

select * from int_journey__web_touchpoints

{#
    Grain: event of the web site or app. Fact type: transaction.
    Late and repeated rows: an event that came twice stands once, in its own business date.
    The window partitions by business_date first, so that a filter on it reaches the files.
#}
with received as (
    select * from {{ ref('stg_ga4__events_received') }}
),

deduplicated as (
    select *
    from received
    qualify
        row_number() over (
            partition by business_date, {{ web_event_key() | join(', ') }}
            order by _load_id desc, _row desc
        ) = 1
),

stg_ga4__events as (
    select
        {{ surrogate_key(web_event_key()) }} as event_key,
        record_id,
        user_record_id,
        user_pseudo_id,
        user_id,
        event_name,
        occurred_at,
        ga_session_id,
        ga_session_number,
        engagement_time_msec,
        page_location,
        page_referrer,
        link_domain,
        link_url,
        is_outbound,
        is_internal,
        is_bot,
        source,
        medium,
        campaign_name,
        campaign_id,
        creative,
        campaign_code,
        creative_code,
        device_category,
        operating_system,
        browser,
        hostname,
        country_name,
        market_code,
        platform,
        stream_id,
        analytics_storage,
        transaction_id,
        purchase_revenue,
        _load_id as load_id,
        business_date
    from deduplicated
)

select * from stg_ga4__events

{#
    Grain: event of the web site or app, as often as it was received. Sessions are made from here,
    which drop repeats for the days that they read; who wants events reads stg_ga4__events.
#}
with events as (
    select * from {{ source('ga4', 'events') }}
),

market_aliases as (
    select * from {{ source('company', 'market_alias') }}
),

keyed as (
    select
        *,
        {{ event_param_keys('event_params') }} as param_keys,
    from events
),

flattened as (
    select
        user_pseudo_id,
        user_id,
        event_name,
        event_timestamp,
        event_bundle_sequence_id,
        {{ timestamp_of_micros('event_timestamp') }} as occurred_at,
        {{ event_param('event_params', 'param_keys', 'ga_session_id', 'int_value') }}
            as ga_session_id,
        {{ event_param('event_params', 'param_keys', 'ga_session_number', 'int_value') }}
            as ga_session_number,
        {{ event_param('event_params', 'param_keys', 'engagement_time_msec', 'int_value') }}
            as engagement_time_msec,
        {{ event_param('event_params', 'param_keys', 'page_location') }} as page_location,
        {{ event_param('event_params', 'param_keys', 'page_referrer') }} as page_referrer,
        {{ event_param('event_params', 'param_keys', 'link_domain') }} as link_domain,
        {{ event_param('event_params', 'param_keys', 'link_url') }} as link_url,
        coalesce(
            {{ event_param('event_params', 'param_keys', 'outbound') }} in ('true', '1'), false
        ) as is_outbound,
        coalesce(
            {{ matches_text(
                event_param('event_params', 'param_keys', 'traffic_type'),
                company_rule('internal_traffic_pattern')
            ) }},
            false
        ) as is_internal,
        nullif(
            coalesce(
                collected_traffic_source.manual_source,
                {{ event_param('event_params', 'param_keys', 'source') }}
            ),
            ''
        ) as source,
        nullif(
            coalesce(
                collected_traffic_source.manual_medium,
                {{ event_param('event_params', 'param_keys', 'medium') }}
            ),
            ''
        ) as medium,
        nullif(
            coalesce(
                collected_traffic_source.manual_campaign_name,
                {{ event_param('event_params', 'param_keys', 'campaign') }}
            ),
            ''
        ) as campaign_name,
        nullif(
            coalesce(
                collected_traffic_source.manual_campaign_id,
                {{ event_param('event_params', 'param_keys', 'campaign_id') }}
            ),
            ''
        ) as campaign_id,
        nullif(
            coalesce(
                collected_traffic_source.manual_content,
                {{ event_param('event_params', 'param_keys', 'content') }}
            ),
            ''
        ) as content,
        collected_traffic_source.gclid,
        lower(device.category) as device_category,
        device.operating_system,
        device.web_info.browser as browser,
        device.web_info.hostname as hostname,
        geo.country as country_name,
        platform,
        stream_id,
        privacy_info.analytics_storage,
        ecommerce.transaction_id,
        ecommerce.purchase_revenue,
        _load_id,
        _row,
        _business_date as business_date,
    from keyed
),

stg_ga4__events_received as (
    select
        'ga4.device:' || events.user_pseudo_id as record_id,
        'shopify.customer:' || events.user_id as user_record_id,
        events.user_pseudo_id,
        events.user_id,
        events.event_timestamp,
        events.event_name,
        events.event_bundle_sequence_id,
        events.occurred_at,
        events.ga_session_id,
        events.ga_session_number,
        events.engagement_time_msec,
        events.page_location,
        events.page_referrer,
        events.link_domain,
        events.link_url,
        events.is_outbound,
        events.is_internal,
        coalesce(
            {{ matches_text('events.browser', company_rule('machine_browser_pattern')) }},
            false
        ) as is_bot,
        events.source,
        events.medium,
        events.campaign_name,
        events.campaign_id,
        events.content as creative,
        {{ web_campaign_code(
            'events.source', 'events.medium', 'events.gclid',
            'events.campaign_id', 'events.campaign_name',
        ) }} as campaign_code,
        {{ web_creative_code(
            'events.source', 'events.medium', 'events.gclid',
            'events.campaign_id', 'events.content',
        ) }} as creative_code,
        events.device_category,
        events.operating_system,
        events.browser,
        events.hostname,
        events.country_name,
        market_aliases.market_code,
        events.platform,
        events.stream_id,
        events.analytics_storage,
        events.transaction_id,
        events.purchase_revenue,
        events._load_id,
        events._row,
        events.business_date,
    from flattened as events
    left join market_aliases on lower(trim(events.country_name)) = market_aliases.alias
)

select * from stg_ga4__events_received

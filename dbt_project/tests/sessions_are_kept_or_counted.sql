{#
    Every event of the web, each counted once, stands in a session; every session and click is a
    touchpoint or is counted among those left out. Rows: what does not sum.
#}
with events as (
    select distinct {{ web_event_key() | join(', ') }}
    from {{ ref('stg_ga4__events_received') }}
),

sessions as (
    select * from {{ ref('int_journey__events_sessionized') }}
),

clicks as (
    select * from {{ ref('int_journey__outbound_clicks') }}
),

touchpoints as (
    select touchpoint_type from {{ ref('fct_touchpoint') }}
    where source_system = 'ga4'
),

left_out as (
    select
        coalesce(sum(session_count), 0) as session_count,
        coalesce(sum(outbound_click_count), 0) as click_count
    from {{ ref('fct_excluded_session_daily') }}
),

compared as (
    select
        'events' as counted,
        (select count(*) from events) as received,
        (select coalesce(sum(event_count), 0) from sessions) as held
    union all
    select
        'sessions',
        (select count(*) from sessions),
        (select count(*) from touchpoints where touchpoint_type <> 'outbound_click')
        + (select session_count from left_out)
    union all
    select
        'clicks',
        (select count(*) from clicks),
        (select count(*) from touchpoints where touchpoint_type = 'outbound_click')
        + (select click_count from left_out)
)

select * from compared
where received <> held

{#
    Grain: day, market and reason for which visits to the web site or app are left out: machines and
    colleagues. Fact type: periodic snapshot. Late events rebuild the sessions, so all is counted
    anew; the table is small.
#}
with sessions as (
    select * from {{ ref('int_journey__events_sessionized') }}
    where excluded_because is not null
),

clicks as (
    select
        session_id,
        count(*) as click_count
    from {{ ref('int_journey__outbound_clicks') }}
    where excluded_because is not null
    group by session_id
),

fct_excluded_session_daily as (
    select
        sessions.session_date,
        cast({{ date_key('sessions.session_date') }} as {{ dbt.type_int() }}) as session_date_key,
        coalesce(sessions.market_code, 'unknown') as market_code,
        sessions.excluded_because,
        count(*) as session_count,
        cast(sum(sessions.event_count) as bigint) as event_count,
        cast(sum(coalesce(clicks.click_count, 0)) as bigint) as outbound_click_count
    from sessions
    left join clicks on sessions.session_id = clicks.session_id
    group by
        sessions.session_date, coalesce(sessions.market_code, 'unknown'), sessions.excluded_because
)

select * from fct_excluded_session_daily

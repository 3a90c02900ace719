{{
    config(
        materialized='incremental',
        incremental_strategy='by_day',
        meta={'day_column': 'session_date', 'layouts': ['ga4.events'], 'day_shift': 1},
    )
}}
{#
    Grain: session on the web or in the app. Fact type: transaction.
    A session ends after the company's time-out, when another campaign brings the person back, and
    at midnight in the market. Late events rebuild their day; a visit that goes on after midnight
    looks at the day before. Machines and colleagues stay, with what gave them away.
#}
with events as (
    select * from {{ ref('stg_ga4__events') }}
    {% if is_incremental() %}
    where {{ is_day_of_new_loads('business_date', ['ga4.events'], day_shift=4) }}
    {% endif %}
),

company as (
    select * from {{ source('company', 'company') }}
),

markets as (
    select * from {{ source('company', 'market') }}
),

placed as (
    select
        events.*,
        {{ business_date(
            'events.occurred_at', 'coalesce(markets.time_zone, company.time_zone)'
        ) }} as session_date,
        company.session_timeout_minutes * 60 as timeout_seconds,
        {{ traffic_as_text('events') }} as traffic
    from events
    cross join company
    left join markets on events.market_code = markets.market_code
),

compared as (
    select
        *,
        row_number() over by_device_day as event_number,
        lag(occurred_at) over by_device_day as previous_at,
        {{ previous_known('traffic') }} over by_device_day as previous_traffic
    from placed
    window by_device_day as (
        partition by record_id, session_date order by occurred_at, event_key
    )
),

numbered as (
    select
        *,
        sum(
            case
                when previous_at is null
                    or {{ seconds_between('previous_at', 'occurred_at') }} > timeout_seconds
                    or traffic <> previous_traffic
                    then 1
                else 0
            end
        ) over (
            partition by record_id, session_date
            order by event_number
            rows between unbounded preceding and current row
        ) as session_number
    from compared
),

sessions as (
    select
        record_id,
        session_date,
        session_number,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        max(timeout_seconds) as timeout_seconds,
        min_by(traffic, event_number) filter (where traffic is not null) as own_traffic,
        min_by(ga_session_id, event_number) as first_ga_session_id,
        max_by(ga_session_id, event_number) as last_ga_session_id,
        max_by(user_record_id, event_number) filter (where user_record_id is not null)
            as user_record_id,
        min(transaction_id) as transaction_id,
        min_by(market_code, event_number) as market_code,
        min_by(device_category, event_number) as device_category,
        min_by(platform, event_number) as platform,
        count(*) as event_count,
        sum(case when event_name in ('page_view', 'screen_view') then 1 else 0 end) as view_count,
        max({{ web_event_stage_rank('event_name') }}) as stage_rank,
        max(case when is_internal then 1 else 0 end) as is_internal,
        max(case when is_bot then 1 else 0 end) as is_bot,
        max(load_id) as load_id
    from numbered
    group by record_id, session_date, session_number
),

continued as (
    select
        *,
        lag(own_traffic) over by_device as previous_traffic,
        lag(ended_at) over by_device as previous_ended_at,
        lag(last_ga_session_id) over by_device as previous_ga_session_id,
        lag(session_date) over by_device as previous_date
    from sessions
    window by_device as (partition by record_id order by started_at, session_number)
),

int_journey__events_sessionized as (
    select
        record_id || '/' || session_date || '/' || session_number as session_id,
        record_id,
        user_record_id,
        session_date,
        started_at,
        ended_at,
        case
            when own_traffic is not null then own_traffic
            when session_date <> previous_date
                and first_ga_session_id = previous_ga_session_id
                and {{ seconds_between('previous_ended_at', 'started_at') }} <= timeout_seconds
                then previous_traffic
        end as traffic,
        transaction_id,
        market_code,
        device_category,
        platform,
        event_count,
        view_count,
        stage_rank,
        case
            when is_internal = 1 then 'colleague'
            when is_bot = 1 then 'machine'
            when event_count >= 20
                and {{ seconds_between('started_at', 'ended_at') }} < event_count
                then 'faster than a person'
        end as excluded_because,
        load_id
    from continued
)

select * from int_journey__events_sessionized
{% if is_incremental() %}
where {{ day_is_to_rebuild('session_date') }}
{% endif %}

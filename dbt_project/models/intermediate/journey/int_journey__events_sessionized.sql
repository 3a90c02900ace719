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
    at midnight in the market (the last two if the company says so). Late events rebuild their day;
    a visit that goes on after midnight looks at the day before. Machines and colleagues stay, with
    what gave them away.
#}
{%- set received -%}
    (
        select * from {{ ref('stg_ga4__events_received') }}
        {% if is_incremental() -%}
        where {{ is_day_of_new_loads('business_date', ['ga4.events'], day_shift=4) }}
        {%- endif %}
    )
{%- endset %}
with events as (
    {{ latest_version(received, web_event_key()) }}
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
        events.event_name in ('page_view', 'screen_view') as is_view,
        {{ traffic_as_text('events') }} as traffic
    from events
    cross join company
    left join markets on events.market_code = markets.market_code
),

{# What the first events of a visit (session_start, first_visit) don't tell of its origin, its first
   view does: an origin is another one only after a view or after another origin. #}
compared as (
    select
        *,
        row_number() over by_device_day as event_number,
        lag(occurred_at) over by_device_day as previous_at,
        {{ previous_known('traffic') }} over by_device_day as previous_traffic,
        {{ previous_known('case when is_view or traffic is not null then occurred_at end') }}
            over by_device_day as previous_arrival_at
    from placed
    window by_device_day as (
        partition by record_id, session_date
        order by occurred_at, event_bundle_sequence_id, event_name
    )
),

numbered as (
    select
        compared.*,
        sum(
            case
                when compared.previous_at is null then 1
                when not {{ is_within_seconds(
                    'compared.previous_at', 'compared.occurred_at',
                    'company.session_timeout_minutes * 60'
                ) }} then 1
                when company.session_ends_with_campaign
                    and compared.traffic <> coalesce(compared.previous_traffic, '')
                    and {{ is_within_seconds(
                        'compared.previous_arrival_at', 'compared.occurred_at',
                        'company.session_timeout_minutes * 60'
                    ) }}
                    then 1
                else 0
            end
        ) over (
            partition by compared.record_id, compared.session_date
            order by compared.event_number
            rows between unbounded preceding and current row
        ) as session_number
    from compared
    cross join company
),

sessions as (
    select
        record_id,
        session_date,
        session_number,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        min_by(traffic, event_number) filter (where traffic is not null) as own_traffic,
        max_by(user_record_id, event_number) filter (where user_record_id is not null)
            as user_record_id,
        min(transaction_id) as transaction_id,
        min_by(market_code, event_number) as market_code,
        min_by(device_category, event_number) as device_category,
        min_by(platform, event_number) as platform,
        count(*) as event_count,
        sum(case when is_view then 1 else 0 end) as view_count,
        max({{ web_event_stage_rank('event_name') }}) as stage_rank,
        max(case when is_internal then 1 else 0 end) as is_internal,
        max(case when is_bot then 1 else 0 end) as is_bot,
        max(_load_id) as load_id
    from numbered
    group by record_id, session_date, session_number
),

preceded as (
    select
        *,
        lag(own_traffic) over by_device as previous_traffic,
        lag(ended_at) over by_device as previous_ended_at,
        lag(session_date) over by_device as previous_date,
        lag(session_number) over by_device as previous_number
    from sessions
    window by_device as (partition by record_id order by started_at, session_number)
),

judged as (
    select
        preceded.*,
        coalesce(
            preceded.previous_date <> preceded.session_date
            and {{ is_within_seconds(
                'preceded.previous_ended_at', 'preceded.started_at',
                'company.session_timeout_minutes * 60'
            ) }}
            and (
                not company.session_ends_with_campaign
                or preceded.own_traffic is null
                or preceded.own_traffic = preceded.previous_traffic
            ),
            false
        ) as goes_on
    from preceded
    cross join company
),

parts as (
    select
        *,
        coalesce(own_traffic, case when goes_on then previous_traffic end) as traffic
    from judged
),

visits as (
    {% if sessions_end_at_midnight() -%}
    select * from parts
    {%- else -%}
    {{ visits_over_midnight('parts') }}
    {%- endif %}
),

int_journey__events_sessionized as (
    select
        record_id || '/' || session_date || '/' || session_number as session_id,
        record_id,
        user_record_id,
        session_date,
        started_at,
        ended_at,
        traffic,
        transaction_id,
        market_code,
        device_category,
        platform,
        cast(event_count as bigint) as event_count,
        cast(view_count as bigint) as view_count,
        stage_rank,
        case
            when is_internal = 1 then 'colleague'
            when is_bot = 1 then 'machine'
            when event_count >= company.machine_min_events
                and {{ seconds_between('started_at', 'ended_at') }}
                    * company.machine_events_per_second < event_count
                then 'faster than a person'
        end as excluded_because,
        load_id
    from visits
    cross join company
)

select * from int_journey__events_sessionized
{% if is_incremental() %}
where {{ day_is_to_rebuild('session_date') }}
{% endif %}

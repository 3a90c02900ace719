{{
    config(
        materialized='incremental',
        incremental_strategy='by_day',
        meta={'day_column': 'click_date', 'layouts': ['ga4.events'], 'day_shift': 1},
    )
}}
{#
    Grain: click that leaves the own site for another one, with what had brought the visit.
    Fact type: transaction. Late clicks rebuild their day.
#}
with clicks as (
    select * from {{ ref('stg_ga4__events') }}
    where event_name = 'click'
        and is_outbound
    {% if is_incremental() %}
        and {{ is_day_of_new_loads('business_date', ['ga4.events'], day_shift=2) }}
    {% endif %}
),

sessions as (
    select * from {{ ref('int_journey__events_sessionized') }}
),

int_journey__outbound_clicks as (
    select
        clicks.event_key,
        clicks.record_id,
        sessions.session_id,
        coalesce(clicks.user_record_id, sessions.user_record_id) as user_record_id,
        clicks.occurred_at,
        sessions.session_date as click_date,
        lower(clicks.link_domain) as link_domain,
        sessions.traffic,
        coalesce(clicks.market_code, sessions.market_code) as market_code,
        clicks.device_category,
        sessions.excluded_because,
        clicks.load_id
    from clicks
    inner join sessions
        on clicks.record_id = sessions.record_id
        and clicks.occurred_at between sessions.started_at and sessions.ended_at
    qualify
        row_number() over (partition by clicks.event_key order by sessions.started_at desc) = 1
)

select * from int_journey__outbound_clicks
{% if is_incremental() %}
where {{ day_is_to_rebuild('click_date') }}
{% endif %}

{{
    config(
        materialized='incremental',
        incremental_strategy='by_day',
        meta={'day_column': 'business_date', 'layouts': ['ga4.events']},
    )
}}
{#
    Grain: business day, device, login and tagged origin (source, medium, campaign, variant).
    Fact type: periodic snapshot. A late event rebuilds its day.
    What dimensions and identity need to know of the web, so that they never read the events.
#}
with events as (
    select * from {{ ref('stg_ga4__events') }}
    {% if is_incremental() %}
    where {{ day_is_to_rebuild('business_date') }}
    {% endif %}
),

int_channel__web_visits_daily as (
    select
        business_date,
        record_id,
        user_pseudo_id,
        user_record_id,
        source,
        medium,
        campaign_name,
        campaign_code,
        creative_code,
        min(market_code) as market_code,
        bool_or(is_bot) as is_bot,
        bool_or(is_internal) as is_internal,
        count(*) as events,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        max(load_id) as load_id,
    from events
    group by
        business_date,
        record_id,
        user_pseudo_id,
        user_record_id,
        source,
        medium,
        campaign_name,
        campaign_code,
        creative_code
)

select * from int_channel__web_visits_daily

{{
    config(
        materialized='incremental',
        incremental_strategy='by_day',
        meta={'day_column': 'business_date', 'layouts': ['klaviyo.event']},
    )
}}
{#
    Grain: business day, e-mail campaign or flow, message variant and kind of event.
    Fact type: periodic snapshot. A late event rebuilds its day.
#}
with events as (
    select * from {{ ref('stg_klaviyo__events') }}
    {% if is_incremental() %}
    where {{ day_is_to_rebuild('business_date') }}
    {% endif %}
),

int_channel__messages_daily as (
    select
        business_date,
        campaign_code,
        creative_code,
        event_type,
        is_flow,
        variant,
        max(subject) as subject,
        count(*) as events,
        max(load_id) as load_id,
    from events
    group by business_date, campaign_code, creative_code, event_type, is_flow, variant
)

select * from int_channel__messages_daily

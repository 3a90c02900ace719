{{
    config(
        materialized='incremental',
        incremental_strategy='by_day',
        meta={'day_column': 'business_date', 'layouts': ['klaviyo.event']},
    )
}}
{#
    Grain: message event by which a profile refused further e-mail (unsubscribed or complained), or
    by which its mailbox refused a message (bounced).
    Fact type: transaction. A late event rebuilds its day.
#}
with events as (
    select * from {{ ref('stg_klaviyo__events') }}
    {% if is_incremental() %}
    where {{ day_is_to_rebuild('business_date') }}
    {% endif %}
),

int_customer__email_refusals as (
    select
        event_id,
        record_id,
        event_type,
        occurred_at,
        load_id,
        business_date,
    from events
    where event_type in ('unsubscribed', 'complained', 'bounced')
)

select * from int_customer__email_refusals

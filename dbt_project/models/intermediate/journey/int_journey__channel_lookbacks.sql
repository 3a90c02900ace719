{{ config(materialized='view') }}
{#
    Grain: channel and kind of conversion: how long before such a conversion a contact of the
    channel counts as having led to it. The channel's own lookback holds, else that of the kind of
    conversion, else the company's.
#}
with channels as (
    select * from {{ ref('dim_channel') }}
),

channel_rules as (
    select channel_code, lookback_days from {{ source('company', 'channel') }}
),

conversion_rules as (
    select conversion_type, lookback_days from {{ source('company', 'conversion_rule') }}
),

company as (
    select journey_lookback_days from {{ source('company', 'company') }}
),

int_journey__channel_lookbacks as (
    select
        channels.channel_key,
        channels.channel_code,
        channels.is_digital,
        conversion_rules.conversion_type,
        86400 * coalesce(
            channel_rules.lookback_days,
            conversion_rules.lookback_days,
            company.journey_lookback_days
        ) as lookback_seconds
    from channels
    cross join conversion_rules
    cross join company
    left join channel_rules on channels.channel_code = channel_rules.channel_code
)

select * from int_journey__channel_lookbacks

{{ config(materialized='view') }}
{#
    Grain: what brought a visit to the web or app: source, medium, campaign and variant.
    Read from the sessions, so that the events are read once.
#}
with sessions as (
    select distinct traffic from {{ ref('int_journey__events_sessionized') }}
),

int_channel__web_origins as (
    select
        {{ traffic_part('traffic', 'source') }} as source,
        {{ traffic_part('traffic', 'medium') }} as medium,
        {{ traffic_part('traffic', 'campaign_name') }} as campaign_name,
        {{ traffic_part('traffic', 'campaign_code') }} as campaign_code,
        {{ traffic_part('traffic', 'creative_code') }} as creative_code,
    from sessions
    where traffic is not null
)

select * from int_channel__web_origins

{{ config(materialized='view') }}
{#
    Grain: contact of a person with the company, whichever department or shop it happened in, with
    natural codes. A contact's day is the market's where the source names the market, else the
    company's. The channel follows from the company's rules.
#}
with touchpoints as (
    {% for branch in ['web', 'message', 'campaign', 'selling', 'service', 'sale'] %}
    select {{ touchpoint_columns() }}
    from {{ ref('int_journey__' ~ branch ~ '_touchpoints') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

contact_channels as (
    select * from {{ ref('int_channel__contact_channels') }}
),

channels as (
    select * from {{ ref('dim_channel') }}
),

markets as (
    select * from {{ source('company', 'market') }}
),

company as (
    select * from {{ source('company', 'company') }}
),

int_journey__touchpoints_unioned as (
    select
        touchpoints.touchpoint_id,
        touchpoints.source_system,
        touchpoints.record_id,
        touchpoints.occurred_at,
        coalesce(
            touchpoints.touchpoint_date,
            {{ business_date(
                'touchpoints.occurred_at', 'coalesce(markets.time_zone, company.time_zone)'
            ) }}
        ) as touchpoint_date,
        coalesce(touchpoints.market_code, 'unknown') as market_code,
        coalesce(contact_channels.channel_code, 'unclassified') as channel_code,
        touchpoints.campaign_code,
        touchpoints.creative_code,
        touchpoints.store_code,
        touchpoints.distributor_code,
        touchpoints.employee_code,
        coalesce(touchpoints.department, channels.department, 'unknown') as department,
        touchpoints.touchpoint_type,
        coalesce(touchpoints.intent, channels.default_intent, 'unknown') as intent,
        coalesce(touchpoints.stage, channels.default_stage, 'unknown') as stage,
        coalesce(touchpoints.device_category, 'unknown') as device_category,
        touchpoints.initiated_by,
        touchpoints.is_engagement,
        touchpoints.is_direct,
        {{ contact_point('touchpoints') }} as contact_point,
        touchpoints.sale_id,
        touchpoints.lead_id,
        touchpoints.ticket_id,
        touchpoints.conversion_type,
        touchpoints.sentiment,
        touchpoints.satisfaction_score,
        touchpoints.load_id
    from touchpoints
    cross join company
    left join markets on touchpoints.market_code = markets.market_code
    left join contact_channels
        on touchpoints.channel_system = contact_channels.system
        and coalesce(touchpoints.channel_source, '') = contact_channels.source
        and coalesce(touchpoints.channel_medium, '') = contact_channels.medium
        and coalesce(touchpoints.channel_campaign, '') = contact_channels.campaign
    left join channels
        on coalesce(contact_channels.channel_code, 'unclassified') = channels.channel_code
)

select * from int_journey__touchpoints_unioned

{{ config(materialized='view') }}
{#
    Grain: contact of a person with the company, whichever department or shop it happened in, with
    natural codes. A contact's day is the market's where the source names the market, else the
    company's. The channel follows from the company's rules. Department, intent and stage are what
    the contact tells, else what its type says, else what its channel says. A contact is a step of
    a journey if its type is one and it came to something; a conversion always is.
#}
with touchpoints as (
    {% for branch in ['web', 'message', 'campaign', 'contact', 'selling', 'service', 'sale'] %}
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

{# Keys are worked out here, once per kind, rather than once per contact. #}
types as (
    select
        *,
        {{ surrogate_key(['touchpoint_type']) }} as touchpoint_type_key
    from {{ source('company', 'touchpoint_type') }}
),

conversion_rules as (
    select * from {{ source('company', 'conversion_rule') }}
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
        touchpoints.market_code,
        channels.channel_key,
        touchpoints.campaign_code,
        touchpoints.creative_code,
        touchpoints.store_code,
        touchpoints.distributor_code,
        touchpoints.employee_code,
        coalesce(touchpoints.department, types.department, channels.department, 'unknown')
            as department,
        {{ key_joined('types.touchpoint_type_key', 'touchpoints.touchpoint_type') }}
            as touchpoint_type_key,
        touchpoints.touchpoint_type,
        coalesce(touchpoints.intent, types.default_intent, channels.default_intent, 'unknown')
            as intent,
        coalesce(touchpoints.stage, types.default_stage, channels.default_stage, 'unknown')
            as stage,
        coalesce(touchpoints.device_category, 'unknown') as device_category,
        coalesce(touchpoints.initiated_by, types.initiated_by, 'person') as initiated_by,
        (coalesce(types.is_engagement, true) and touchpoints.is_effective)
            or conversion_rules.conversion_type is not null as is_engagement,
        touchpoints.is_direct,
        {{ contact_point(
            'touchpoints', "coalesce(touchpoints.initiated_by, types.initiated_by, 'person')"
        ) }} as contact_point,
        touchpoints.sale_id,
        touchpoints.lead_id,
        touchpoints.ticket_id,
        coalesce(conversion_rules.ends_journey, false) as is_conversion,
        conversion_rules.conversion_type,
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
    left join types on touchpoints.touchpoint_type = types.touchpoint_type
    left join conversion_rules on touchpoints.conversion_type = conversion_rules.conversion_type
)

select * from int_journey__touchpoints_unioned

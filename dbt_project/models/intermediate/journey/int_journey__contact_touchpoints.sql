{{ config(materialized='view') }}
{#
    Grain: contact that a system without a layout of its own recorded. Whatever it leaves open
    follows from its kind and its channel. A conversion goes with its amount into
    int_journey__conversions_valued.
#}
with contacts as (
    select * from {{ ref('stg_touchpoint__contacts') }}
),

int_journey__contact_touchpoints as (
    select
        'touchpoint:' || contact_code as touchpoint_id,
        'touchpoint' as source_system,
        record_id,
        occurred_at,
        cast(null as date) as touchpoint_date,
        market_code,
        'touchpoint' as channel_system,
        channel_source,
        channel_medium,
        channel_campaign,
        campaign_code,
        creative_code,
        store_code,
        distributor_code,
        {{ unknown_text() }} as employee_code,
        department,
        touchpoint_type,
        intent,
        stage,
        device_category,
        initiated_by,
        took_place as is_effective,
        coalesce(lower(channel_source) in ('direct', '(direct)'), false) as is_direct,
        sale_id,
        lead_id,
        {{ unknown_text() }} as ticket_id,
        conversion_type,
        sentiment,
        satisfaction_score,
        load_id
    from contacts
)

select * from int_journey__contact_touchpoints

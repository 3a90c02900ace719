{{ config(materialized='view') }}
{#
    Grain: contact of a known customer that may be a step of a journey: an engagement, with what
    the rules of journeys read of it.
#}
with touchpoints as (
    select * from {{ ref('fct_touchpoint') }}
    where is_engagement
        and customer_key <> {{ unknown_key() }}
),

int_journey__touches as (
    select
        customer_key,
        touchpoint_key,
        occurred_at,
        channel_key,
        campaign_key,
        {{ stage_rank('stage') }} as stage_rank,
        is_conversion,
        case conversion_type when 'sale' then 1 when 'won_deal' then 2 when 'lead' then 3 else 0 end
            as conversion_kind,
        touchpoint_type = 'email_clicked' as is_click,
        touchpoint_type in ('web_session', 'app_session') as is_visit,
        is_anonymous
    from touchpoints
)

select * from int_journey__touches

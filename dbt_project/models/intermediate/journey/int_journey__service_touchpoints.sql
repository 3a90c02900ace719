{{ config(materialized='view') }}
{#
    Grain: service ticket opened, or survey answered. Deleted tickets vanish.
    A CSAT score speaks of the service, an NPS score of the company as a whole.
#}
with tickets as (
    select * from {{ ref('int_lead__tickets_unioned') }} where not is_deleted
),

survey_responses as (
    select * from {{ ref('int_lead__surveys_unioned') }}
),

{# Who answers a survey about an order is whoever ordered, where no contact is named. #}
orders as (
    select
        order_name,
        min(record_id) as record_id
    from {{ ref('stg_shopify__orders') }}
    group by order_name
),

touches as (
    select
        ticket_code as touchpoint_id,
        system as source_system,
        record_id,
        created_at as occurred_at,
        market_code,
        channel_system,
        origin as channel_source,
        employee_code,
        'ticket_opened' as touchpoint_type,
        case case_type
            when 'question' then 'ask'
            when 'complaint' then 'complain'
            when 'return' then 'return'
            else case_type
        end as intent,
        ticket_code as ticket_id,
        sentiment,
        cast(null as {{ dbt.type_int() }}) as satisfaction_score,
        load_id
    from tickets
    union all
    select
        survey_responses.survey_id as touchpoint_id,
        survey_responses.system as source_system,
        coalesce(survey_responses.record_id, tickets.record_id, orders.record_id) as record_id,
        survey_responses.responded_at as occurred_at,
        tickets.market_code,
        survey_responses.system || '.survey' as channel_system,
        {{ unknown_text() }} as channel_source,
        {{ unknown_text() }} as employee_code,
        lower(survey_responses.survey_type) || '_answered' as touchpoint_type,
        {{ unknown_text() }} as intent,
        survey_responses.ticket_code as ticket_id,
        {{ unknown_text() }} as sentiment,
        cast(survey_responses.score as {{ dbt.type_int() }}) as satisfaction_score,
        survey_responses.load_id
    from survey_responses
    left join tickets on survey_responses.ticket_code = tickets.ticket_code
    left join orders on survey_responses.order_number = orders.order_name
),

int_journey__service_touchpoints as (
    select
        touchpoint_id,
        source_system,
        record_id,
        occurred_at,
        cast(null as date) as touchpoint_date,
        market_code,
        channel_system,
        channel_source,
        {{ unknown_text() }} as channel_medium,
        {{ unknown_text() }} as channel_campaign,
        {{ unknown_text() }} as campaign_code,
        {{ unknown_text() }} as creative_code,
        {{ unknown_text() }} as store_code,
        {{ unknown_text() }} as distributor_code,
        employee_code,
        {{ unknown_text() }} as department,
        touchpoint_type,
        intent,
        {{ unknown_text() }} as stage,
        {{ unknown_text() }} as device_category,
        {{ unknown_text() }} as initiated_by,
        true as is_effective,
        false as is_direct,
        {{ unknown_text() }} as sale_id,
        {{ unknown_text() }} as lead_id,
        ticket_id,
        {{ unknown_text() }} as conversion_type,
        sentiment,
        satisfaction_score,
        load_id
    from touches
)

select * from int_journey__service_touchpoints

{{ config(materialized='view') }}
{#
    Grain: service case opened, or survey answered. Deleted cases vanish.
    A CSAT score speaks of the service, an NPS score of the company as a whole.
#}
with cases as (
    select * from {{ ref('stg_salesforce__cases') }} where not is_deleted
),

survey_responses as (
    select * from {{ ref('stg_salesforce__survey_responses') }}
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
        'salesforce.case:' || case_id as touchpoint_id,
        record_id,
        created_at as occurred_at,
        market_code,
        'salesforce.case' as channel_system,
        origin as channel_source,
        employee_code,
        'ticket_opened' as touchpoint_type,
        case case_type
            when 'question' then 'ask'
            when 'complaint' then 'complain'
            when 'return' then 'return'
            else case_type
        end as intent,
        'salesforce.case:' || case_id as ticket_id,
        sentiment,
        cast(null as {{ dbt.type_int() }}) as satisfaction_score,
        load_id
    from cases
    union all
    select
        'salesforce.survey:' || survey_responses.survey_response_id as touchpoint_id,
        coalesce(survey_responses.record_id, cases.record_id, orders.record_id) as record_id,
        survey_responses.responded_at as occurred_at,
        cases.market_code,
        'salesforce.survey' as channel_system,
        {{ unknown_text() }} as channel_source,
        {{ unknown_text() }} as employee_code,
        lower(survey_responses.survey_type) || '_answered' as touchpoint_type,
        {{ unknown_text() }} as intent,
        'salesforce.case:' || survey_responses.case_id as ticket_id,
        {{ unknown_text() }} as sentiment,
        cast(survey_responses.score as {{ dbt.type_int() }}) as satisfaction_score,
        survey_responses.load_id
    from survey_responses
    left join cases on survey_responses.case_id = cases.case_id
    left join orders on survey_responses.order_number = orders.order_name
),

int_journey__service_touchpoints as (
    select
        touchpoint_id,
        'salesforce' as source_system,
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

{{
    config(
        materialized='incremental',
        incremental_strategy='by_day',
        meta={
            'day_column': 'touchpoint_date',
            'layouts': ['ga4.events', 'klaviyo.event', 'social.message'],
            'day_shift': 1,
            'always': "source_system in ('salesforce', 'crm', 'campaign', 'sale')",
        },
        post_hook=[
            "{{ customers_refreshed(ref('bridge_customer_identity')) }}",
            "{{ consents_refreshed(ref('int_customer__consent_versions')) }}",
        ],
    )
}}
{#
    Grain: contact of a person with the company, in whichever department or shop. Fact type:
    transaction. Late contacts rebuild their day; contacts of the CRM, of campaigns and of sales,
    which change without naming a day, are all replaced. A customer who is merged or split takes
    the touchpoints along; the consent that held at a contact is that of the customer, whichever
    record it was stated for, and follows statements that arrive late.
#}
with touchpoints as (
    select * from {{ ref('int_journey__touchpoints_unioned') }}
    {% if is_incremental() %}
    where {{ day_is_to_rebuild('touchpoint_date') }} or {{ config.get('meta')['always'] }}
    {% endif %}
),

customers as (
    select record_id, customer_key from {{ ref('bridge_customer_identity') }}
),

consents as (
    select * from {{ ref('int_customer__consent_versions') }}
),

fct_touchpoint as (
    select
        {{ surrogate_key(['touchpoints.touchpoint_id']) }} as touchpoint_key,
        touchpoints.touchpoint_id,
        coalesce(customers.customer_key, {{ unknown_key() }}) as customer_key,
        touchpoints.record_id,
        touchpoints.source_system,
        touchpoints.occurred_at,
        touchpoints.touchpoint_date,
        cast({{ date_key('touchpoints.touchpoint_date') }} as {{ dbt.type_int() }})
            as touchpoint_date_key,
        touchpoints.market_code,
        {{ key_or_unknown('touchpoints.channel_code') }} as channel_key,
        {{ key_or_unknown('touchpoints.campaign_code') }} as campaign_key,
        {{ key_or_unknown('touchpoints.creative_code') }} as creative_key,
        {{ key_or_unknown('touchpoints.store_code') }} as store_key,
        {{ key_or_unknown('touchpoints.distributor_code') }} as distributor_key,
        {{ key_or_unknown('touchpoints.employee_code') }} as employee_key,
        touchpoints.department,
        touchpoints.touchpoint_type,
        touchpoints.intent,
        touchpoints.stage,
        touchpoints.device_category,
        touchpoints.initiated_by,
        touchpoints.is_engagement,
        touchpoints.is_direct,
        touchpoints.contact_point,
        {{ consent_of_contact('touchpoints.contact_point', 'consents.consent_status') }}
            as consent_status,
        coalesce(consents.consent_status = 'opt_out', false) as is_against_consent,
        touchpoints.sale_id,
        touchpoints.lead_id,
        touchpoints.ticket_id,
        coalesce(touchpoints.conversion_type in ('sale', 'won_deal'), false) as is_conversion,
        touchpoints.conversion_type,
        touchpoints.sentiment,
        touchpoints.satisfaction_score,
        touchpoints.load_id
    from touchpoints
    left join customers on touchpoints.record_id = customers.record_id
    left join consents
        on customers.customer_key = consents.customer_key
        and touchpoints.contact_point = consents.contact_point
        and touchpoints.occurred_at >= consents.valid_from
        and touchpoints.occurred_at < consents.valid_to
)

select * from fct_touchpoint

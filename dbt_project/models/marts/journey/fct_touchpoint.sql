{{
    config(
        materialized='incremental',
        incremental_strategy='by_day',
        meta={
            'day_column': 'touchpoint_date',
            'layouts': ['ga4.events', 'klaviyo.event', 'social.message'],
            'day_shift': 1,
            'always': "source_system in ('salesforce', 'crm', 'campaign', 'touchpoint', 'sale')",
        },
        post_hook=[
            "{{ customers_refreshed(ref('bridge_customer_identity'), ref('int_customer__anonymous_records')) }}",
            "{{ markets_refreshed(ref('dim_customer')) }}",
            "{{ consents_refreshed(ref('int_customer__consent_versions')) }}",
        ],
    )
}}
{#
    Grain: contact of a person with the company, in whichever department or shop. Fact type:
    transaction. Late contacts rebuild their day; contacts of the CRM, of campaigns, of other
    systems and of sales, which change without naming a day, are all replaced. A customer who is
    merged or split takes the touchpoints along; the consent that held at a contact is that of the
    customer, whichever record it was stated for, and follows statements that arrive late. A
    contact that does not name its market has that of its customer today; its day does not follow,
    so that no day changes when people move. A contact is anonymous where nobody could know yet who
    it was.
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

anonymous_records as (
    select * from {{ ref('int_customer__anonymous_records') }}
),

customer_markets as (
    select customer_key, market_code from {{ ref('dim_customer') }}
    where is_current
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
        coalesce(touchpoints.market_code, customer_markets.market_code, 'unknown') as market_code,
        touchpoints.market_code is not null as is_market_named,
        touchpoints.channel_key,
        {{ key_or_unknown('touchpoints.campaign_code') }} as campaign_key,
        {{ key_or_unknown('touchpoints.creative_code') }} as creative_key,
        {{ key_or_unknown('touchpoints.store_code') }} as store_key,
        {{ key_or_unknown('touchpoints.distributor_code') }} as distributor_key,
        {{ key_or_unknown('touchpoints.employee_code') }} as employee_key,
        touchpoints.department,
        touchpoints.touchpoint_type_key,
        touchpoints.touchpoint_type,
        touchpoints.intent,
        touchpoints.stage,
        touchpoints.device_category,
        touchpoints.initiated_by,
        touchpoints.is_engagement,
        touchpoints.is_direct,
        {{ is_anonymous_contact('anonymous_records', 'touchpoints.occurred_at') }} as is_anonymous,
        touchpoints.contact_point,
        {{ consent_of_contact('touchpoints.contact_point', 'consents.consent_status') }}
            as consent_status,
        coalesce(consents.consent_status = 'opt_out', false) as is_against_consent,
        touchpoints.sale_id,
        touchpoints.lead_id,
        touchpoints.ticket_id,
        touchpoints.is_conversion,
        touchpoints.conversion_type,
        touchpoints.sentiment,
        touchpoints.satisfaction_score,
        touchpoints.load_id
    from touchpoints
    left join customers on touchpoints.record_id = customers.record_id
    left join anonymous_records on touchpoints.record_id = anonymous_records.record_id
    left join customer_markets on customers.customer_key = customer_markets.customer_key
    left join consents
        on customers.customer_key = consents.customer_key
        and touchpoints.contact_point = consents.contact_point
        and touchpoints.occurred_at >= consents.valid_from
        and touchpoints.occurred_at < consents.valid_to
)

select * from fct_touchpoint

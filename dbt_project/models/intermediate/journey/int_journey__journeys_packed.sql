{{
    config(
        materialized='incremental',
        incremental_strategy='by_customer',
        meta={'fingerprints': 'int_journey__customers_fingerprinted'},
    )
}}
{#
    Grain: journey of a customer, its contacts as a list of packed steps; journey 0 is what stands
    outside any journey, journey -1 the clicks that became one contact with their visit. The rules
    are those of macros/journeys.sql. Whatever changes of a customer's contacts (late, restated or
    re-identified ones) builds that customer's journeys anew, and nobody else's.
#}
{%- set layout = warehouse_steps() %}
with contacts as (
    select * from {{ ref('int_journey__touches') }}
    {% if is_incremental() %}
    where customer_key in (
            select fingerprints.customer_key
            from {{ ref('int_journey__customers_fingerprinted') }} as fingerprints
            where not exists (
                    select 1
                    from {{ this }} as standing
                    where standing.customer_key = fingerprints.customer_key
                        and standing.fingerprint = fingerprints.fingerprint
                )
        )
    {% endif %}
),

fingerprints as (
    select * from {{ ref('int_journey__customers_fingerprinted') }}
),

rules as (
    select * from {{ ref('int_journey__rules') }}
),

channels as (
    select * from {{ ref('int_journey__channel_numbers') }}
),

campaigns as (
    select
        campaign_key,
        row_number() over (order by campaign_key) as campaign_number
    from {{ ref('dim_campaign') }}
),

touches as (
    select
        contacts.customer_key as person,
        {{ step_packed(
            micros_of('contacts.occurred_at'),
            'contacts.is_conversion',
            'contacts.touchpoint_key',
            step_what(
                layout,
                channel='channels.channel_number',
                stage='contacts.stage_rank',
                is_click='contacts.is_click',
                is_visit='contacts.is_visit',
                is_anonymous='contacts.is_anonymous',
                kind='contacts.conversion_kind',
                campaign='coalesce(campaigns.campaign_number, 0)',
            ),
            layout,
        ) }} as step,
        {{ step_traits(
            'contacts.is_conversion', 'contacts.stage_rank', 'contacts.is_click',
            'rules.start_stages'
        ) }} as traits
    from contacts
    cross join rules
    inner join channels on contacts.channel_key = channels.channel_key
    left join campaigns on contacts.campaign_key = campaigns.campaign_key
),

{{ journeys_of_touches(layout) }},

int_journey__journeys_packed as (
    select
        journeys.person as customer_key,
        cast(journeys.journey_number as {{ dbt.type_bigint() }}) as journey_number,
        {{ list_of('journeys.steps', step_key('item', layout)) }} as touchpoint_keys,
        {{ list_of('journeys.steps', step_without_campaign('item', layout)) }} as steps,
        journeys.is_repeat,
        case when journeys.previous_first is not null
            then {{ step_without_campaign('journeys.previous_first', layout) }}
        end as previous_first,
        case when journeys.previous_last is not null
            then {{ step_without_campaign('journeys.previous_last', layout) }}
        end as previous_last,
        fingerprints.fingerprint
    from journeys
    inner join fingerprints on journeys.person = fingerprints.customer_key
)

select * from int_journey__journeys_packed

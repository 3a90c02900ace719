{{ config(materialized='view') }}
{#
    Grain: contact of a CRM other than Salesforce that a ticket, deal, activity or survey names,
    with what the newest of them that tells an e-mail or phone says of the person, and when the
    contact was first seen.
#}
with tickets as (
    select * from {{ ref('int_lead__tickets_unioned') }}
    where record_id like 'crm.contact:%'
),

deals as (
    select * from {{ ref('int_lead__crm_deals_linked') }}
),

activities as (
    select * from {{ ref('int_lead__crm_activities_linked') }}
    where record_id like 'crm.contact:%'
),

surveys as (
    select * from {{ ref('stg_crm__surveys') }}
),

mentions as (
    select
        record_id,
        supplied_email as email,
        supplied_phone as phone,
        market_code,
        created_at as seen_at,
        load_id,
    from tickets
    union all
    select contact_record_id, null, null, null, coalesce(opened_at, closed_at), load_id
    from deals
    union all
    select record_id, null, null, null, occurred_at, load_id
    from activities
    union all
    select contact_record_id, email, null, null, responded_at, load_id
    from surveys
),

newest as (
    select record_id, email, phone, market_code
    from mentions
    where coalesce(email, phone) is not null
    qualify
        row_number() over (partition by record_id order by seen_at desc, email, phone, market_code) = 1
),

seen as (
    select
        record_id,
        coalesce(min(seen_at), cast('1900-01-01' as timestamp)) as first_seen_at,
        min(load_id) as load_id,
    from mentions
    where record_id is not null
    group by record_id
),

int_customer__crm_contacts_mentioned as (
    select
        seen.record_id,
        newest.email,
        newest.phone,
        newest.market_code,
        seen.first_seen_at,
        seen.load_id,
    from seen
    left join newest on seen.record_id = newest.record_id
)

select * from int_customer__crm_contacts_mentioned

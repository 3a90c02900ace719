{{ config(materialized='view') }}
{#
    Grain: statement of consent: record, contact point, moment and source.
    A statement holds from stated_at until the customer's next one for that contact point,
    whatever the source; withdrawals by message count as statements.
#}
with consents as (
    select * from {{ ref('stg_salesforce__consents') }}
),

contacts as (
    select * from {{ ref('stg_salesforce__contact_versions') }}
),

leads as (
    select * from {{ ref('stg_salesforce__lead_versions') }}
),

crm_leads as (
    select * from {{ ref('stg_crm__lead_versions') }}
),

crm_contacts as (
    select * from {{ ref('stg_crm__contact_versions') }}
),

accounts as (
    select * from {{ ref('stg_shopify__customer_versions') }}
),

email_profiles as (
    select * from {{ ref('stg_klaviyo__person_versions') }}
),

opt_outs as (
    select * from {{ ref('int_customer__email_refusals') }}
    where event_type <> 'bounced'
),

loyalty_members as (
    select * from {{ ref('stg_distributor__loyalty_members') }}
),

statements as (
    select
        record_id,
        contact_point_type as contact_point,
        consent_status,
        effective_from as stated_at,
        'salesforce.consent' as stated_by,
    from consents
    union all
    select record_id, contact_point_type, 'unknown', effective_to, 'salesforce.consent'
    from consents
    where effective_to is not null
    union all
    select record_id, 'email', 'opt_out', updated_at, 'salesforce.contact'
    from contacts
    where has_opted_out_of_email
    union all
    select record_id, 'email', 'opt_out', updated_at, 'salesforce.lead'
    from leads
    where has_opted_out_of_email
    union all
    select record_id, 'email', 'opt_out', updated_at, 'crm.contact'
    from crm_contacts
    where has_opted_out_of_email
    union all
    select record_id, 'email', 'opt_out', updated_at, 'crm.lead'
    from crm_leads
    where has_opted_out_of_email
    union all
    select
        record_id, 'email', case when accepts_marketing then 'opt_in' else 'opt_out' end,
        updated_at, 'shopify.customer',
    from accounts
    where accepts_marketing is not null
    union all
    select
        record_id, 'email',
        case
            when {{ matches_text(
                'custom_consent', 'out|no|false|withdrawn|never|unsub|baja|revoc'
            ) }}
                then 'opt_out'
            else 'opt_in'
        end,
        coalesce(consent_at, updated_at), 'klaviyo.person',
    from email_profiles
    where nullif(trim(custom_consent), '') is not null
    union all
    select record_id, 'email', 'opt_out', occurred_at, 'klaviyo.event' from opt_outs
    union all
    select
        record_id, 'email', case when is_marketing_allowed then 'opt_in' else 'opt_out' end,
        coalesce(cast(joined_date as timestamp), received_at), 'distributor.loyalty_member',
    from loyalty_members
    where is_marketing_allowed is not null
),

{# At one moment a refusal counts before an agreement, and either before one that runs out. #}
collapsed as (
    select
        record_id,
        contact_point,
        stated_at,
        stated_by,
        case
            when bool_or(consent_status = 'opt_out') then 'opt_out'
            when bool_or(consent_status = 'opt_in') then 'opt_in'
            else 'unknown'
        end as consent_status,
    from statements
    where record_id is not null
        and contact_point is not null
        and stated_at is not null
    group by record_id, contact_point, stated_at, stated_by
),

changes as (
    select
        *,
        lag(consent_status) over (
            partition by record_id, contact_point, stated_by order by stated_at
        ) as previous_status,
    from collapsed
),

{# Systems repeat what they hold in each version: only the first of equal statements counts. A box
   that was never ticked states nothing: it takes back no consent that was given elsewhere. #}
int_customer__consents as (
    select
        record_id,
        contact_point,
        stated_at,
        stated_by,
        consent_status,
    from changes
    where (previous_status is null or consent_status <> previous_status)
        and not (
            previous_status is null
            and consent_status = 'opt_out'
            and stated_by in ('shopify.customer', 'distributor.loyalty_member')
        )
)

select * from int_customer__consents

{{ config(materialized='view') }}
{#
    Grain: version of a person or company in a CRM, as sent: contacts, leads, accounts, and tickets
    that name nobody.
#}
with contacts as (
    select * from {{ ref('stg_salesforce__contact_versions') }}
),

leads as (
    select * from {{ ref('stg_salesforce__lead_versions') }}
),

accounts as (
    select * from {{ ref('stg_salesforce__accounts') }}
),

tickets as (
    select * from {{ ref('int_lead__tickets_unioned') }}
),

other_crms as (
    select * from {{ ref('int_customer__other_crm_record_versions') }}
),

int_customer__crm_record_versions as (
    select
        record_id,
        'salesforce' as system,
        'contact' as record_type,
        updated_at as version_at,
        email,
        mobile_phone,
        phone,
        given_name,
        family_name,
        cast(null as {{ dbt.type_string() }}) as company_name,
        birth_date,
        street,
        postal_code,
        city,
        market_code as country,
        created_at,
        is_deleted,
        merged_into_record_id,
        load_id,
    from contacts
    union all
    select
        record_id, 'salesforce', 'lead', updated_at, email, mobile_phone, phone, given_name,
        family_name, company_name, null, null, null, city, market_code, created_at, is_deleted,
        merged_into_record_id, load_id,
    from leads
    union all
    select
        record_id, 'salesforce', 'account', updated_at, null, null, phone, null, null,
        company_name, null, null, postal_code, city, market_code, created_at, is_deleted,
        merged_into_record_id, load_id,
    from accounts
    union all
    select
        record_id, system, 'case', created_at, supplied_email, null, supplied_phone, null,
        null, null, null, null, null, null, market_code, created_at, is_deleted, null, load_id,
    from tickets
    where not is_person_known
    union all
    select
        record_id, 'crm', record_type, version_at, email, mobile_phone, phone, given_name,
        family_name, company_name, birth_date, street, postal_code, city, market_code, created_at,
        is_deleted, merged_into_record_id, load_id,
    from other_crms
)

select * from int_customer__crm_record_versions

{{ config(materialized='view') }}
{#
    Grain: version of a person or company in a CRM, as sent: contacts, leads, accounts, and cases
    that name no contact.
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

cases as (
    select * from {{ ref('stg_salesforce__cases') }}
),

flat_leads as (
    select * from {{ ref('stg_crm__leads') }}
),

flat_accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

deals as (
    select * from {{ ref('stg_crm__deals') }}
),

{# Accounts that only a deal names are known by their deal; those without one have no date, so what
   is known of them holds from the beginning. #}
flat_account_versions as (
    select
        coalesce(flat_accounts.record_id, deals.record_id) as record_id,
        flat_accounts.company_name,
        flat_accounts.postal_code,
        flat_accounts.city,
        flat_accounts.market_code,
        deals.first_deal_at,
        coalesce(flat_accounts.load_id, deals.load_id) as load_id,
    from flat_accounts
    full outer join (
        select
            account_record_id as record_id,
            min(coalesce(closed_at, opened_at)) as first_deal_at,
            min(load_id) as load_id,
        from deals
        where account_record_id is not null
        group by account_record_id
    ) as deals on flat_accounts.record_id = deals.record_id
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
        record_id, 'salesforce', 'case', created_at, supplied_email, null, supplied_phone, null,
        null, null, null, null, null, null, market_code, created_at, is_deleted, null, load_id,
    from cases
    where contact_id is null
    union all
    select
        record_id, 'crm', 'lead', created_at, email, null, phone, given_name, family_name,
        company_name, null, null, null, null, market_code, created_at, false, null, load_id,
    from flat_leads
    union all
    select
        record_id, 'crm', 'account',
        coalesce(first_deal_at, cast('1900-01-01' as timestamp)), null, null, null, null, null,
        company_name, null, null, postal_code, city, market_code, first_deal_at, false, null,
        load_id,
    from flat_account_versions
)

select * from int_customer__crm_record_versions

{{ config(materialized='view') }}
{#
    Grain: version of a person or company in a CRM other than Salesforce: leads, contacts and
    accounts. Contacts that only a ticket, a deal or an activity names are known by these. A merge that the CRM keeps in a table of its own ends the record from its time on.
#}
with leads as (
    select * from {{ ref('stg_crm__lead_versions') }}
),

contacts as (
    select * from {{ ref('stg_crm__contact_versions') }}
),

accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

deals as (
    select * from {{ ref('stg_crm__deals') }}
),

merges as (
    select * from {{ ref('stg_crm__merges') }}
),

mentioned_contacts as (
    select * from {{ ref('int_customer__crm_contacts_mentioned') }}
    where record_id not in (select record_id from contacts)
),

{# Accounts that only a deal names are known by their deal; those without one have no date, so what
   is known of them holds from the beginning. #}
known_accounts as (
    select
        coalesce(accounts.record_id, deals.record_id) as record_id,
        accounts.company_name,
        accounts.phone,
        accounts.postal_code,
        accounts.city,
        accounts.market_code,
        coalesce(accounts.created_at, deals.first_deal_at) as created_at,
        coalesce(
            accounts.updated_at, accounts.created_at, deals.first_deal_at,
            cast('1900-01-01' as timestamp)
        ) as version_at,
        coalesce(accounts.is_deleted, false) as is_deleted,
        accounts.merged_into_record_id,
        coalesce(accounts.load_id, deals.load_id) as load_id,
    from accounts
    full outer join (
        select
            account_record_id as record_id,
            min(coalesce(closed_at, opened_at)) as first_deal_at,
            min(load_id) as load_id,
        from deals
        where account_record_id is not null
        group by account_record_id
    ) as deals on accounts.record_id = deals.record_id
),

versions as (
    select
        record_id,
        'lead' as record_type,
        updated_at as version_at,
        email,
        mobile_phone,
        phone,
        given_name,
        family_name,
        company_name,
        cast(null as date) as birth_date,
        cast(null as {{ dbt.type_string() }}) as street,
        cast(null as {{ dbt.type_string() }}) as postal_code,
        city,
        market_code,
        created_at,
        is_deleted,
        merged_into_record_id,
        is_current,
        load_id,
    from leads
    union all
    select
        record_id, 'contact', updated_at, email, mobile_phone, phone, given_name, family_name,
        null, birth_date, street, postal_code, city, market_code, created_at, is_deleted,
        merged_into_record_id, is_current, load_id,
    from contacts
    union all
    select
        record_id, 'contact', first_seen_at, email, null, phone, null, null, null, null, null,
        null, null, market_code, first_seen_at, false, null, true, load_id,
    from mentioned_contacts
    union all
    select
        record_id, 'account', version_at, null, null, phone, null, null, company_name, null, null,
        postal_code, city, market_code, created_at, is_deleted, merged_into_record_id, true,
        load_id,
    from known_accounts
),

merged as (
    select
        versions.*,
        merges.merged_into_code,
        merges.merged_at,
        greatest(versions.load_id, merges.load_id) as merge_load_id,
    from versions
    inner join merges on versions.record_id = merges.record_code
    where versions.is_current
),

{# A merge that is not later than the record's newest version changes that version. #}
int_customer__other_crm_record_versions as (
    select
        versions.record_id,
        versions.record_type,
        versions.version_at,
        versions.email,
        versions.mobile_phone,
        versions.phone,
        versions.given_name,
        versions.family_name,
        versions.company_name,
        versions.birth_date,
        versions.street,
        versions.postal_code,
        versions.city,
        versions.market_code,
        versions.created_at,
        versions.is_deleted or merged.record_id is not null as is_deleted,
        coalesce(versions.merged_into_record_id, merged.merged_into_code) as merged_into_record_id,
        versions.load_id,
    from versions
    left join merged
        on versions.record_id = merged.record_id
        and versions.is_current
        and coalesce(merged.merged_at <= merged.version_at, true)
    union all
    select
        record_id, record_type, merged_at, email, mobile_phone, phone, given_name, family_name,
        company_name, birth_date, street, postal_code, city, market_code, created_at, true,
        merged_into_code, merge_load_id,
    from merged
    where merged_at > version_at
)

select * from int_customer__other_crm_record_versions

{{ config(materialized='view') }}
{#
    Grain: two records that belong to different customers yet have to do with each other, by kind
    of link: a person and their company, a company and its parent, people who share a mailbox or
    phone and a family name or home, people who log in on the same device.
#}
with contacts as (
    select * from {{ ref('stg_salesforce__contacts') }}
),

accounts as (
    select * from {{ ref('stg_salesforce__accounts') }}
),

identifiers as (
    select * from {{ ref('int_customer__record_identifiers') }}
),

records as (
    select * from {{ ref('int_customer__person_records') }}
),

company as (
    select * from {{ source('company', 'company') }}
),

bearers as (
    select
        identifiers.identifier_type,
        identifiers.identifier_hash,
        identifiers.link_key,
        identifiers.first_seen_at,
        records.record_id,
        records.family_name_key,
        records.postal_code,
    from identifiers
    cross join company
    inner join records on identifiers.record_id = records.record_id
    where identifiers.identifier_type in ('email', 'phone')
        and identifiers.is_link
        and identifiers.shared_by_records between 2 and company.identity_max_records
        and records.family_name_key is not null
),

device_logins as (
    select
        logins.record_id as device_record_id,
        logins.first_seen_at,
        accounts.record_id,
    from identifiers as logins
    inner join identifiers as accounts
        on logins.identifier_type = accounts.identifier_type
        and logins.identifier_hash = accounts.identifier_hash
    where logins.not_linked_reason = 'several_accounts'
        and accounts.record_id like 'shopify.customer:%'
),

int_customer__record_links as (
    select
        'company' as link_type,
        contacts.record_id,
        'salesforce.account:' || contacts.account_id as linked_record_id,
        contacts.created_at as linked_at,
    from contacts
    where contacts.account_id is not null
    union all
    select
        'parent_company', record_id, 'salesforce.account:' || parent_account_id, created_at,
    from accounts
    where parent_account_id is not null
    union all
    select
        'household', one.record_id, other.record_id,
        greatest(one.first_seen_at, other.first_seen_at),
    from bearers as one
    inner join bearers as other
        on one.identifier_type = other.identifier_type
        and one.identifier_hash = other.identifier_hash
        and one.link_key <> other.link_key
        and one.record_id < other.record_id
    where {{ shares_word('one.family_name_key', 'other.family_name_key') }}
        or one.postal_code = other.postal_code
    union all
    select
        'shared_device', one.record_id, other.record_id,
        greatest(one.first_seen_at, other.first_seen_at),
    from device_logins as one
    inner join device_logins as other
        on one.device_record_id = other.device_record_id
        and one.record_id < other.record_id
)

select * from int_customer__record_links

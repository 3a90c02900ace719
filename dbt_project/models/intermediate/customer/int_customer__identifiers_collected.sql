{#
    Grain: person record, identifier type and value: every identifier that a record
    ever carried, the ids of the records themselves included (of devices only where another
    record names the device). A lead of whom the CRM names no person is the account of its deal;
    of others the account is the company that they work for.
#}
with versions as (
    select * from {{ ref('int_customer__person_record_versions') }}
),

records as (
    select * from {{ ref('int_customer__person_records') }}
),

contacts as (
    select * from {{ ref('stg_salesforce__contacts') }}
),

leads as (
    select * from {{ ref('stg_salesforce__leads') }}
),

tickets as (
    select * from {{ ref('int_lead__tickets_unioned') }}
),

deals as (
    select * from {{ ref('int_lead__crm_deals_linked') }}
),

crm_leads as (
    select * from {{ ref('int_lead__crm_leads_linked') }}
),

crm_contacts as (
    select * from {{ ref('stg_crm__contacts') }}
),

loyalty_members as (
    select * from {{ ref('stg_distributor__loyalty_members') }}
),

device_logins as (
    select * from {{ ref('int_customer__device_logins') }}
),

device_orders as (
    select * from {{ ref('int_journey__device_orders') }}
),

own_id_types as (
    select 'contact' as record_type, 'crm_contact' as identifier_type
    union all
    select 'lead', 'crm_lead'
    union all
    select 'account', 'crm_account'
    union all
    select 'shop_customer', 'shop_customer'
),

values_sent as (
    select
        record_id,
        'email' as identifier_type,
        email_normalised as identifier_value,
        valid_from as first_seen_at,
        updated_at as last_seen_at,
    from versions
    union all
    select record_id, 'phone', phone_normalised, valid_from, updated_at
    from versions
    where record_type <> 'account'
    union all
    select record_id, 'phone', other_phone_normalised, valid_from, updated_at
    from versions
    where record_type <> 'account'
    union all
    select
        records.record_id, own_id_types.identifier_type, records.record_id,
        records.created_at, records.updated_at,
    from records
    inner join own_id_types on records.record_type = own_id_types.record_type
    union all
    select records.record_id, 'device', records.record_id, records.created_at, records.updated_at
    from records
    where records.record_type = 'device'
        and records.record_id in (
            select 'ga4.device:' || web_client_id from leads where web_client_id is not null
            union
            select 'ga4.device:' || web_client_id from crm_leads where web_client_id is not null
            union
            select device_record_id from device_orders
        )
    union all
    select
        records.record_id, own_id_types.identifier_type, records.merged_into_record_id,
        records.updated_at, records.updated_at,
    from records
    inner join own_id_types on records.record_type = own_id_types.record_type
    union all
    select
        record_id, 'crm_contact', 'salesforce.contact:' || converted_contact_id,
        coalesce(converted_at, updated_at), updated_at,
    from leads
    union all
    select record_id, 'device', 'ga4.device:' || web_client_id, created_at, updated_at
    from leads
    union all
    select record_id, 'loyalty_card', loyalty_card_id, created_at, updated_at from contacts
    union all
    select
        record_id, 'shop_customer', 'shopify.customer:' || shop_customer_id,
        created_at, updated_at,
    from contacts
    union all
    select
        record_id, 'crm_contact', contact_record_id, coalesce(converted_at, updated_at), updated_at,
    from crm_leads
    union all
    select record_id, 'device', 'ga4.device:' || web_client_id, created_at, updated_at
    from crm_leads
    union all
    select record_id, 'loyalty_card', loyalty_card_id, created_at, updated_at from crm_contacts
    union all
    select
        deals.lead_code, 'crm_account', deals.account_record_id,
        coalesce(deals.opened_at, deals.closed_at), coalesce(deals.closed_at, deals.opened_at),
    from deals
    inner join crm_leads on deals.lead_code = crm_leads.record_id
    where not crm_leads.is_person_named
        and crm_leads.contact_record_id is null
    union all
    select record_id, 'loyalty_card', card_id, received_at, received_at from loyalty_members
    union all
    select record_id, 'shop_customer', user_record_id, first_seen_at, last_seen_at
    from device_logins
    union all
    select order_record_id, 'device', device_record_id, first_seen_at, last_seen_at
    from device_orders
    union all
    select
        record_id, 'social_profile', split_part(record_id, '/', 2), created_at, updated_at,
    from records
    where record_type = 'social_profile'
    union all
    select
        record_id, 'social_profile',
        {{ without('social_profile_id', '^.*/') }},
        created_at, created_at,
    from tickets
),

int_customer__identifiers_collected as (
    select
        values_sent.record_id,
        values_sent.identifier_type,
        values_sent.identifier_value,
        bool_or(
            values_sent.identifier_type = 'email'
            and {{ is_generic_mailbox('values_sent.identifier_value') }}
        ) as is_generic,
        min(values_sent.first_seen_at) as first_seen_at,
        max(values_sent.last_seen_at) as last_seen_at,
    from values_sent
    inner join records on values_sent.record_id = records.record_id
    where values_sent.identifier_value is not null
    group by values_sent.record_id, values_sent.identifier_type, values_sent.identifier_value
)

select * from int_customer__identifiers_collected

{{ config(materialized='view') }}
{# Grain: person record, scheme and segment, with the time for which the record says so. #}
with records as (
    select * from {{ ref('int_customer__person_records') }}
),

leads as (
    select * from {{ ref('stg_salesforce__leads') }}
),

accounts as (
    select * from {{ ref('stg_salesforce__accounts') }}
),

crm_leads as (
    select * from {{ ref('stg_crm__leads') }}
),

crm_accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

deals as (
    select * from {{ ref('stg_crm__deals') }}
),

loyalty_members as (
    select * from {{ ref('stg_distributor__loyalty_members') }}
),

said as (
    select
        record_id,
        'relationship' as scheme,
        case record_type
            when 'contact' then 'crm_contact'
            when 'lead' then 'lead'
            when 'account' then 'company_account'
            when 'shop_customer' then 'shop_account'
            when 'loyalty_member' then 'loyalty_card'
            when 'email_profile' then 'newsletter'
            when 'order' then 'guest_buyer'
            when 'social_profile' then 'social_follower'
            when 'touchpoint_person' then 'known_elsewhere'
        end as segment,
    from records
    union all
    select record_id, 'industry', lower(industry) from leads
    union all
    select record_id, 'industry', lower(industry) from accounts
    union all
    select record_id, 'account_type', lower(account_type) from accounts
    union all
    select record_id, 'industry', lower(industry) from crm_leads
    union all
    select record_id, 'industry', lower(industry) from crm_accounts
    union all
    select record_id, 'account_type', lower(account_type) from crm_accounts
    union all
    select account_record_id, 'business_segment', segment from deals
    union all
    select record_id, 'age_group', age_group from loyalty_members
    union all
    select record_id, 'income_group', income_group from loyalty_members
    union all
    select record_id, 'household_size', household_size from loyalty_members
    union all
    select record_id, 'household_type', household_type from loyalty_members
),

int_customer__record_segments as (
    select distinct
        said.record_id,
        said.scheme,
        said.segment,
        records.created_at as valid_from,
        case when records.is_deleted then records.updated_at else timestamp '9999-12-31' end
            as valid_to,
    from said
    inner join records on said.record_id = records.record_id
    where said.segment is not null
)

select * from int_customer__record_segments

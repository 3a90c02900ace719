{{ config(materialized='view') }}
{#
    Grain: version of a person record, as sent, with its market and with e-mail and phone as
    compared in identity.
#}
with crm_versions as (
    select * from {{ ref('int_customer__crm_record_versions') }}
),

shop_versions as (
    select * from {{ ref('int_customer__shop_record_versions') }}
),

channel_versions as (
    select * from {{ ref('int_customer__channel_record_versions') }}
),

markets as (
    select * from {{ source('company', 'market') }}
),

market_aliases as (
    select * from {{ source('company', 'market_alias') }}
),

versions as (
    select * from crm_versions
    union all
    select * from shop_versions
    union all
    select * from channel_versions
),

located as (
    select
        versions.*,
        coalesce(
            markets.market_code,
            market_aliases.market_code,
            case when length(trim(versions.country)) = 2 then upper(trim(versions.country)) end
        ) as market_code,
    from versions
    left join markets on upper(trim(versions.country)) = markets.market_code
    left join market_aliases on lower(trim(versions.country)) = market_aliases.alias
),

int_customer__record_versions_normalised as (
    select
        record_id,
        system,
        record_type,
        coalesce(version_at, created_at) as version_at,
        {{ normalised_email('email') }} as email_normalised,
        {{ normalised_phone('coalesce(mobile_phone, phone)', 'market_code') }}
            as phone_normalised,
        {{ normalised_phone(
            'case when mobile_phone is not null then phone end', 'market_code'
        ) }} as other_phone_normalised,
        nullif(trim(given_name), '') as given_name,
        nullif(trim(family_name), '') as family_name,
        nullif(trim(company_name), '') as company_name,
        birth_date,
        nullif(trim(street), '') as street,
        upper(nullif(trim(postal_code), '')) as postal_code,
        nullif(trim(city), '') as city,
        market_code,
        created_at,
        is_deleted,
        merged_into_record_id,
        load_id,
    from located
)

select * from int_customer__record_versions_normalised

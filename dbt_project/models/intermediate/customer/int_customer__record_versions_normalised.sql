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

cleaned as (
    select
        located.*,
        {{ email_text('located.email') }} as email_text,
        {{ phone_text('coalesce(located.mobile_phone, located.phone)') }} as phone_text,
        {{ phone_text('case when located.mobile_phone is not null then located.phone end') }}
            as other_phone_text,
        replace(markets.dialling_code, '+', '') as dialling_code,
    from located
    left join markets on located.market_code = markets.market_code
),

dialled as (
    select
        *,
        {{ dialled_number('phone_text', 'dialling_code') }} as phone_number,
        {{ dialled_number('other_phone_text', 'dialling_code') }} as other_phone_number,
    from cleaned
),

int_customer__record_versions_normalised as (
    select
        record_id,
        system,
        record_type,
        coalesce(version_at, created_at) as version_at,
        {{ normalised_email('email_text') }} as email_normalised,
        {{ valid_phone('phone_number') }} as phone_normalised,
        {{ valid_phone('other_phone_number') }} as other_phone_normalised,
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
    from dialled
)

select * from int_customer__record_versions_normalised

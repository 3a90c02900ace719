{#
    Grain: person record and version, as valid from valid_from until valid_to. Versions that
    change nothing that matters here are left out; the first holds from the record's creation.
    Fact type: none (source of the customer dimension's history). A late version takes its place
    in the order of its own time.
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

device_logins as (
    select * from {{ ref('int_customer__device_logins') }}
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

normalised as (
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
        upper(nullif(trim(postal_code), '')) as postal_code,
        nullif(trim(city), '') as city,
        market_code,
        created_at,
        is_deleted,
        merged_into_record_id,
        load_id,
    from dialled
),

compared as (
    select
        *,
        {{ surrogate_key([
            'email_normalised', 'phone_normalised', 'other_phone_normalised', 'given_name',
            'family_name', 'company_name', 'birth_date', 'postal_code', 'city', 'market_code',
            'is_deleted', 'merged_into_record_id',
        ]) }} as content_key,
    from normalised
),

changes as (
    select
        *,
        lag(content_key) over (partition by record_id order by version_at) as previous_content_key,
        min(least(created_at, version_at)) over (partition by record_id) as first_created_at,
        max(version_at) over (partition by record_id) as updated_at,
    from compared
),

{# Devices say nothing of themselves that could change: most records, spared all the work. #}
devices as (
    select
        record_id,
        min(market_code) as market_code,
        min(first_seen_at) as first_seen_at,
        min(load_id) as load_id,
    from device_logins
    group by record_id
),

int_customer__person_record_versions as (
    select
        record_id,
        system,
        record_type,
        case when previous_content_key is null then first_created_at else version_at end
            as valid_from,
        lead(version_at, 1, timestamp '9999-12-31') over (
            partition by record_id order by version_at
        ) as valid_to,
        email_normalised,
        phone_normalised,
        other_phone_normalised,
        given_name,
        family_name,
        company_name,
        birth_date,
        postal_code,
        city,
        market_code,
        first_created_at as created_at,
        updated_at,
        is_deleted,
        merged_into_record_id,
        load_id,
    from changes
    where previous_content_key is null or content_key <> previous_content_key
    union all
    select
        record_id, 'ga4', 'device', first_seen_at, timestamp '9999-12-31', null, null, null, null,
        null, null, null, null, null, market_code, first_seen_at, first_seen_at, false, null,
        load_id,
    from devices
)

select * from int_customer__person_record_versions

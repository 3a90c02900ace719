{#
    Grain: person record and version, as valid from valid_from until valid_to. Versions that
    change nothing that matters here are left out; the first holds from the record's creation.
    Fact type: none (source of the customer dimension's history). A late version takes its place
    in the order of its own time.
#}
with normalised as (
    select * from {{ ref('int_customer__record_versions_normalised') }}
),

device_logins as (
    select * from {{ ref('int_customer__device_logins') }}
),

compared as (
    select
        *,
        {{ content_hash([
            'email_normalised', 'phone_normalised', 'other_phone_normalised', 'given_name',
            'family_name', 'company_name', 'birth_date', 'street', 'postal_code', 'city',
            'market_code', 'is_deleted', 'merged_into_record_id',
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
        street,
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
        null, null, null, null, null, null, market_code, first_seen_at, first_seen_at, false, null,
        load_id,
    from devices
)

select * from int_customer__person_record_versions

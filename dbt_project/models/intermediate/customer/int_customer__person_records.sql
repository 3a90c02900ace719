{#
    Grain: person record, as of its newest version: every record that any system keeps of a
    person, household, company or device. Names also as compared in identity.
#}
with versions as (
    select * from {{ ref('int_customer__person_record_versions') }}
),

device_logins as (
    select * from {{ ref('int_customer__device_logins') }}
),

latest as (
    select *
    from versions
    qualify row_number() over (partition by record_id order by valid_from desc) = 1
),

{# A device goes by the name of its login, if there was but one. #}
logins as (
    select
        record_id,
        min(user_record_id) as user_record_id,
    from device_logins
    where user_record_id is not null
    group by record_id
    having count(*) = 1
),

named as (
    select
        latest.*,
        coalesce(latest.given_name, accounts.given_name) as known_given_name,
        coalesce(latest.family_name, accounts.family_name) as known_family_name,
    from latest
    left join logins on latest.record_id = logins.record_id
    left join latest as accounts on logins.user_record_id = accounts.record_id
),

int_customer__person_records as (
    select
        record_id,
        system,
        record_type,
        email_normalised,
        phone_normalised,
        given_name,
        family_name,
        {{ normalised_given_name('known_given_name') }} as given_name_key,
        {{ normalised_name('known_family_name') }} as family_name_key,
        company_name,
        birth_date,
        street,
        postal_code,
        city,
        market_code,
        created_at,
        updated_at,
        is_deleted,
        merged_into_record_id,
        load_id,
    from named
)

select * from int_customer__person_records

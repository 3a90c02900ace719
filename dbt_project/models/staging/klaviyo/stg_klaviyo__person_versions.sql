{# Grain: profile and change. The same version received twice stands once. #}
with person_versions as (
    {{ latest_version(source('klaviyo', 'person'), ['id', 'updated']) }}
),

stg_klaviyo__person_versions as (
    select
        'klaviyo.person:' || id as record_id,
        id as person_id,
        email,
        phone_number as phone,
        first_name as given_name,
        last_name as family_name,
        organization as company_name,
        city,
        zip as postal_code,
        country,
        custom_consent,
        custom_consent_timestamp as consent_at,
        coalesce(created, updated) as created_at,
        updated as updated_at,
        _load_id as load_id,
    from person_versions
)

select * from stg_klaviyo__person_versions

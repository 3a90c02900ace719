{{ config(materialized='view') }}
{#
    Grain: version of a person in a channel, as sent: e-mail profiles, social profiles, people of
    any other system by what they last told it, and contacts of people whom it does not number.
#}
with email_profiles as (
    select * from {{ ref('stg_klaviyo__person_versions') }}
),

messages as (
    select * from {{ ref('stg_social__messages') }}
),

contacts as (
    select * from {{ ref('stg_touchpoint__contacts') }}
    where record_id like 'touchpoint.%'
),

social_profiles as (
    select
        record_id,
        min(occurred_at) as first_seen_at,
        max_by(email, case when email is not null then occurred_at end) as email,
        max_by(phone, case when phone is not null then occurred_at end) as phone,
        min(market_code) as market_code,
        min(load_id) as load_id,
    from messages
    group by record_id
),

{# Latest by time, then by the contact's code, so that contacts of one instant leave no choice. #}
contact_people as (
    select
        record_id,
        min(occurred_at) as first_seen_at,
        {%- for column in ['email', 'phone', 'given_name', 'family_name', 'market_code'] %}
        max_by({{ column }}, place) filter (where {{ column }} is not null) as {{ column }},
        {%- endfor %}
        min(load_id) as load_id,
    from (
        select
            *,
            row_number() over (partition by record_id order by occurred_at, contact_code) as place,
        from contacts
    ) as placed
    group by record_id
),

int_customer__channel_record_versions as (
    select
        record_id,
        'klaviyo' as system,
        'email_profile' as record_type,
        updated_at as version_at,
        email,
        cast(null as {{ dbt.type_string() }}) as mobile_phone,
        phone,
        given_name,
        family_name,
        company_name,
        cast(null as date) as birth_date,
        cast(null as {{ dbt.type_string() }}) as street,
        postal_code,
        city,
        country,
        created_at,
        false as is_deleted,
        cast(null as {{ dbt.type_string() }}) as merged_into_record_id,
        load_id,
    from email_profiles
    union all
    select
        record_id, 'social', 'social_profile', first_seen_at, email, null, phone, null, null,
        null, null, null, null, null, market_code, first_seen_at, false, null, load_id,
    from social_profiles
    union all
    select
        record_id, 'touchpoint',
        case when record_id like 'touchpoint.person:%' then 'touchpoint_person'
            else 'touchpoint_contact' end,
        first_seen_at, email, null, phone, given_name, family_name, null, null, null, null, null,
        market_code, first_seen_at, false, null, load_id,
    from contact_people
)

select * from int_customer__channel_record_versions

{#
    Grain: customer and version: the golden record with the consent that held beside it, where
    either changed. Versions that change nothing are left out.
#}
with golden_versions as (
    select * from {{ ref('int_customer__golden_versions') }}
),

consent_versions as (
    select * from {{ ref('int_customer__consent_versions') }}
),

moments as (
    select customer_key, valid_from from golden_versions
    union
    select customer_key, valid_from from consent_versions
),

golden_intervals as (
    select
        *,
        lead(valid_from, 1, timestamp '9999-12-31') over (
            partition by customer_key order by valid_from
        ) as valid_to,
        min(valid_from) over (partition by customer_key) as first_seen_at,
    from golden_versions
),

described as (
    select
        golden.customer_key,
        moments.valid_from,
        golden.first_seen_at,
        golden.email_normalised,
        golden.is_email_dead,
        golden.phone_normalised,
        nullif(golden.given_name, '') as given_name,
        nullif(golden.family_name, '') as family_name,
        golden.company_name,
        golden.birth_date,
        nullif(golden.street, '') as street,
        nullif(golden.postal_code, '') as postal_code,
        nullif(golden.city, '') as city,
        golden.market_code,
        {%- for field in golden_fields() %}
        golden.{{ field }}_origin,
        golden.{{ field }}_record_id,
        golden.{{ field }}_since,
        {%- endfor %}
        golden.records,
        golden.is_person,
        golden.is_company,
        email_consent.consent_status as email_consent,
        phone_consent.consent_status as phone_consent,
        post_consent.consent_status as post_consent,
    from moments
    inner join golden_intervals as golden
        on moments.customer_key = golden.customer_key
        and moments.valid_from >= golden.valid_from
        and moments.valid_from < golden.valid_to
    left join consent_versions as email_consent
        on moments.customer_key = email_consent.customer_key
        and email_consent.contact_point = 'email'
        and moments.valid_from >= email_consent.valid_from
        and moments.valid_from < email_consent.valid_to
    left join consent_versions as phone_consent
        on moments.customer_key = phone_consent.customer_key
        and phone_consent.contact_point = 'phone'
        and moments.valid_from >= phone_consent.valid_from
        and moments.valid_from < phone_consent.valid_to
    left join consent_versions as post_consent
        on moments.customer_key = post_consent.customer_key
        and post_consent.contact_point = 'post'
        and moments.valid_from >= post_consent.valid_from
        and moments.valid_from < post_consent.valid_to
),

compared as (
    select
        *,
        {{ content_hash([
            'email_normalised', 'phone_normalised', 'given_name', 'family_name', 'company_name',
            'birth_date', 'street', 'postal_code', 'city', 'market_code', 'is_person',
            'is_company', 'is_email_dead', 'email_consent', 'phone_consent', 'post_consent',
            'records = 0',
        ]) }} as content_key,
    from described
),

changes as (
    select
        *,
        lag(content_key) over (partition by customer_key order by valid_from)
            as previous_content_key,
    from compared
),

int_customer__customer_versions as (
    select
        *,
        lead(valid_from, 1, timestamp '9999-12-31') over (
            partition by customer_key order by valid_from
        ) as valid_to,
    from changes
    where previous_content_key is null or content_key <> previous_content_key
)

select * from int_customer__customer_versions

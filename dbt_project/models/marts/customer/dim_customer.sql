{#
    Grain: customer and version (SCD2), the unknown member included.
    Golden record: for each field what the record that the company trusts most said at the time,
    which record that was, and since when it says so. Late versions take their place in time; the
    whole dimension is rebuilt at each build. A version begins when a value changes, not when
    another record says the same: the origin is that of the version's first day.
    Facts carry customer_key, which lasts; join on it with is_current or as of valid_from.
#}
with customer_versions as (
    select * from {{ ref('int_customer__customer_versions') }}
),

dim_customer as (
    select
        {{ surrogate_key(['customer_key', 'valid_from']) }} as customer_version_key,
        customer_key,
        case
            when is_company and not coalesce(is_person, false) then 'company'
            when is_person then 'person'
            when records = 0 then 'deleted'
            else 'anonymous'
        end as customer_type,
        coalesce(is_person, false) or coalesce(is_company, false) as is_identified,
        market_code,
        email_normalised as email,
        {{ hmac('email_normalised') }} as email_hash,
        email_normalised is not null as has_email,
        is_email_dead,
        phone_normalised as phone,
        {{ hmac('phone_normalised') }} as phone_hash,
        phone_normalised is not null as has_phone,
        given_name,
        family_name,
        company_name,
        birth_date,
        street,
        postal_code,
        city,
        {%- for field in golden_fields() %}
        coalesce({{ field }}_origin, 'none') as {{ field }}_origin,
        {{ field }}_record_id,
        {{ field }}_since as {{ field }}_since_at,
        {%- endfor %}
        coalesce(email_consent, 'unknown') as consent_email,
        coalesce(phone_consent, 'unknown') as consent_phone,
        coalesce(post_consent, 'unknown') as consent_post,
        cast(records as integer) as record_count,
        first_seen_at,
        valid_from,
        valid_to,
        valid_to = timestamp '9999-12-31' as is_current,
    from customer_versions
    union all
    select
        {{ unknown_key() }}, {{ unknown_key() }}, 'unknown', false, null, null, null, false,
        false, null, null, false, null, null, null, null, null, null, null,
        {%- for field in golden_fields() %} 'none', null, null,{% endfor %}
        'unknown', 'unknown', 'unknown', 0, timestamp '1900-01-01', timestamp '1900-01-01',
        timestamp '9999-12-31', true
)

select * from dim_customer

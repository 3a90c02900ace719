{#
    Grain: customer and version (SCD2), the unknown member included.
    Golden record: what the most trusted record said at the time, and which kind of record that
    was. Late versions take their place in time; the whole dimension is rebuilt at each build.
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
        coalesce(market_origin, 'none') as market_origin,
        email_normalised as email,
        {{ hmac('email_normalised') }} as email_hash,
        coalesce(email_origin, 'none') as email_origin,
        email_normalised is not null as has_email,
        phone_normalised as phone,
        {{ hmac('phone_normalised') }} as phone_hash,
        coalesce(phone_origin, 'none') as phone_origin,
        phone_normalised is not null as has_phone,
        given_name,
        family_name,
        coalesce(name_origin, 'none') as name_origin,
        company_name,
        coalesce(company_name_origin, 'none') as company_name_origin,
        birth_date,
        coalesce(birth_date_origin, 'none') as birth_date_origin,
        postal_code,
        city,
        coalesce(address_origin, 'none') as address_origin,
        coalesce(email_consent, 'unknown') as consent_email,
        coalesce(phone_consent, 'unknown') as consent_phone,
        cast(records as integer) as record_count,
        first_seen_at,
        valid_from,
        valid_to,
        valid_to = timestamp '9999-12-31' as is_current,
    from customer_versions
    union all
    select
        {{ unknown_key() }}, {{ unknown_key() }}, 'unknown', false, null, 'none', null, null,
        'none', false, null, null, 'none', false, null, null, 'none', null, 'none', null, 'none',
        null, null, 'none', 'unknown', 'unknown', 0, timestamp '1900-01-01',
        timestamp '1900-01-01', timestamp '9999-12-31', true
)

select * from dim_customer

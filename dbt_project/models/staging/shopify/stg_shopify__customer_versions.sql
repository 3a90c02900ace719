{# Grain: shop account and change. The same version received twice stands once. #}
with customer_versions as (
    {{ latest_version(source('shopify', 'customer'), ['id', 'updated_at']) }}
),

stg_shopify__customer_versions as (
    select
        'shopify.customer:' || id as record_id,
        id as customer_id,
        first_name as given_name,
        last_name as family_name,
        email,
        phone,
        state,
        accepts_marketing,
        verified_email as has_verified_email,
        default_address_city as city,
        default_address_zip as postal_code,
        upper(default_address_country_code) as market_code,
        created_at,
        updated_at,
        _load_id as load_id,
    from customer_versions
)

select * from stg_shopify__customer_versions

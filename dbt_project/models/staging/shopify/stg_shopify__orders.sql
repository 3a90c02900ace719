-- Grain: one row per order, as last known. Test orders are kept and flagged. An order that names
-- no account is a record of its own where it has an e-mail address or a phone.
with

orders as (
    {{ latest_version(source('shopify', 'order'), ['id'], ['updated_at']) }}
),

cleaned as (
    select
        *,
        lower(nullif(trim(email), '')) as email_text,
        nullif(trim(billing_address_phone), '') as phone_text,
        upper(
            coalesce(
                nullif(trim(shipping_address_country_code), ''),
                nullif(trim(billing_address_country_code), '')
            )
        ) as country_text,
        case
            when cancelled_at is not null then cancelled_at
            when lower(trim(financial_status)) = 'voided' then updated_at
        end as void_at
    from orders
)

select
    id as order_id,
    'shopify:' || cast(id as varchar) as sale_id,
    case
        when customer_id is not null then 'shopify.customer:' || cast(customer_id as varchar)
        when coalesce(email_text, phone_text) is not null
            then 'shopify.order:' || cast(id as varchar)
    end as record_id,
    nullif(trim(name), '') as order_name,
    customer_id,
    email_text as email,
    phone_text as phone,
    upper(trim(currency)) as currency_code,
    subtotal_price as subtotal_amount_original,
    total_tax as tax_amount_original,
    total_price as total_amount_original,
    coalesce(total_discounts, 0) as discount_amount_original,
    lower(nullif(trim(financial_status), '')) as financial_status,
    lower(nullif(trim(source_name), '')) as source_name,
    nullif(trim(referring_site), '') as referring_site,
    nullif(trim(landing_site_base_url), '') as landing_site,
    country_text as country_code,
    nullif(trim(shipping_address_city), '') as city,
    nullif(trim(shipping_address_zip), '') as postal_code,
    coalesce(test, false) as is_test,
    void_at as cancelled_at,
    created_at as ordered_at,
    _business_date as order_date,
    updated_at,
    _source as feed_source,
    _load_id as load_id
from cleaned

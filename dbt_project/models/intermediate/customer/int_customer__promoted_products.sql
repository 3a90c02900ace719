{# Grain: campaign and product for which it gave a coupon. #}
with coupons as (
    select * from {{ ref('stg_campaign__coupons') }}
),

{# Coupons name the company's products by GTIN, or by a distributor's own item number. #}
products as (
    select product_key, product_code from {{ ref('dim_product') }}
),

int_customer__promoted_products as (
    select distinct
        {{ surrogate_key(['coupons.campaign_code']) }} as campaign_key,
        products.product_key,
    from coupons
    inner join products
        on {{ gtin_14('coupons.product_code') }} = products.product_code
    union
    select distinct
        {{ surrogate_key(['coupons.campaign_code']) }},
        products.product_key,
    from coupons
    inner join products
        on coupons.feed_source || ':' || coupons.product_code = products.product_code
)

select * from int_customer__promoted_products

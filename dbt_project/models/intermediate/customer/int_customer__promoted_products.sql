{#
    Grain: campaign and product for which it gave a coupon. A campaign with coupons for more than a
    hundred products promotes an assortment, and none of them.
#}
with coupons as (
    select * from {{ ref('stg_campaign__coupons') }}
),

{# Coupons name the company's products by GTIN, or by a distributor's own item number. #}
products as (
    select product_key, product_code from {{ ref('dim_product') }}
),

found as (
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
),

int_customer__promoted_products as (
    select
        campaign_key,
        product_key,
    from found
    qualify count(*) over (partition by campaign_key) <= 100
)

select * from int_customer__promoted_products

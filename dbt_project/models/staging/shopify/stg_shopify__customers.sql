{# Grain: shop account, as of its newest version. #}
with customer_versions as (
    select * from {{ ref('stg_shopify__customer_versions') }}
),

stg_shopify__customers as (
    select *
    from customer_versions
    qualify
        row_number() over (partition by record_id order by updated_at desc, load_id desc) = 1
)

select * from stg_shopify__customers

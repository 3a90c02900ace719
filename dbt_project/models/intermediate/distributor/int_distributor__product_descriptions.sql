-- Grain: one row per product and place that describes it, with how far it is trusted (rank 1 is
-- the company's own list). Amounts are in company currency.
with

product_codes as (
    select * from {{ ref('int_distributor__product_codes') }}
),

erp_products as (
    select
        product_code,
        1 as trust_rank,
        'erp' as described_by,
        sku,
        product_name,
        brand,
        cast(null as varchar) as department,
        category,
        cast(null as varchar) as subcategory,
        cast(null as varchar) as package_size,
        cast(null as varchar) as own_label_of,
        false as is_competitor
    from {{ ref('stg_erp__products') }}
),

articles as (
    select
        product_codes.reported_product_code as product_code,
        2 as trust_rank,
        articles.distributor_code as described_by,
        cast(null as varchar) as sku,
        articles.product_name,
        articles.brand,
        articles.department,
        articles.category,
        articles.subcategory,
        articles.package_size,
        case when articles.is_own_label then articles.distributor_code end as own_label_of,
        cast(null as boolean) as is_competitor
    from {{ ref('stg_distributor__products') }} as articles
    inner join product_codes
        on articles.distributor_code = product_codes.code_owner
        and articles.source_product_code = product_codes.source_product_code
),

audited as (
    select
        product_codes.reported_product_code as product_code,
        4 as trust_rank,
        'shelf audit' as described_by,
        cast(null as varchar) as sku,
        max(audits.product_name) as product_name,
        max(audits.brand) as brand,
        cast(null as varchar) as department,
        max(audits.category) as category,
        cast(null as varchar) as subcategory,
        cast(null as varchar) as package_size,
        cast(null as varchar) as own_label_of,
        bool_or(audits.is_competitor) as is_competitor
    from {{ ref('stg_distributor__shelf_audits') }} as audits
    inner join product_codes
        on audits.distributor_code = product_codes.code_owner
        and audits.source_product_code = product_codes.source_product_code
    group by product_codes.reported_product_code
),

invoiced as (
    select
        product_codes.reported_product_code as product_code,
        5 as trust_rank,
        'sell-in invoice' as described_by,
        cast(null as varchar) as sku,
        max(lines.product_name) as product_name,
        max(lines.brand) as brand,
        cast(null as varchar) as department,
        max(lines.category) as category,
        cast(null as varchar) as subcategory,
        cast(null as varchar) as package_size,
        cast(null as varchar) as own_label_of,
        false as is_competitor
    from {{ ref('stg_erp__sell_in_lines') }} as lines
    inner join product_codes
        on lines.source_name = product_codes.code_owner
        and lines.source_product_code = product_codes.source_product_code
    group by product_codes.reported_product_code
),

names_in_shops as (
    select
        source_name as code_owner,
        source_product_code,
        product_name,
        count(*) as line_count
    from {{ ref('stg_shop__order_lines') }}
    where product_name is not null and quantity_sold > 0
    group by source_name, source_product_code, product_name
    union all
    select
        feed_source as code_owner,
        source_product_code,
        product_name,
        count(*) as line_count
    from {{ ref('stg_shopify__order_lines') }}
    where product_name is not null
    group by feed_source, source_product_code, product_name
),

sold as (
    select
        product_codes.reported_product_code as product_code,
        3 as trust_rank,
        'own shop' as described_by,
        case when product_codes.is_resolved then product_codes.source_product_code end as sku,
        names.product_name,
        cast(null as varchar) as brand,
        cast(null as varchar) as department,
        cast(null as varchar) as category,
        cast(null as varchar) as subcategory,
        cast(null as varchar) as package_size,
        cast(null as varchar) as own_label_of,
        false as is_competitor
    from names_in_shops as names
    inner join product_codes
        on names.code_owner = product_codes.code_owner
        and names.source_product_code = product_codes.source_product_code
    qualify
        row_number() over (
            partition by product_codes.reported_product_code
            order by names.line_count desc, names.product_name
        ) = 1
)

select * from erp_products
union all
select * from articles
union all
select * from sold
union all
select * from audited
union all
select * from invoiced

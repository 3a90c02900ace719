-- Sales of own products to known customers are conversions with their revenue, and what was given
-- back since is followed: sale by sale, from the lines. A return without its sale is no conversion.
with lines as (
    select sale_lines.*, brands.brand_count
    from {{ ref('fct_sale_line') }} as sale_lines
    inner join {{ ref('dim_product') }} as products
        on sale_lines.product_key = products.product_key
    cross join (
        select count(*) as brand_count from {{ source('company', 'own_brand') }}
    ) as brands
    where brands.brand_count = 0 or products.product_relation = 'own'
),

sold as (
    select
        sale_id,
        max(case when sale_type = 'sale' then customer_key end) as customer_key,
        sum(case when sale_type = 'sale' then net_amount else 0 end) as revenue_amount,
        sum(net_amount) as net_revenue_amount
    from lines
    where sale_type <> 'test'
    group by sale_id
    having sum(case when sale_type = 'sale' then 1 else 0 end) > 0
        and (
            max(brand_count) = 0
            or sum(case when sale_type = 'sale' then quantity_units else 0 end) <> 0
        )
),

sales as (
    select * from {{ ref('fct_conversion') }}
    where conversion_type = 'sale'
        and sale_id in (select sale_id from {{ ref('fct_sale_line') }})
)

select
    coalesce(sold.sale_id, sales.sale_id) as sale_id,
    sold.revenue_amount as sold_revenue_amount,
    sales.revenue_amount,
    sold.net_revenue_amount as sold_net_revenue_amount,
    sales.net_revenue_amount
from (
    select * from sold
    where customer_key <> {{ unknown_key() }}
        and 'sale' in (select conversion_type from {{ source('company', 'conversion_rule') }})
) as sold
full join sales on sold.sale_id = sales.sale_id
where sold.sale_id is null
    or sales.sale_id is null
    or abs(sold.revenue_amount - sales.revenue_amount) > 0.001
    or abs(sold.net_revenue_amount - sales.net_revenue_amount) > 0.001

-- Grain: one row per GTIN of the company's product list, with the consumer unit inside it. A
-- pack of several different consumer units has none: it is counted as itself.
with

products as (
    select * from {{ ref('stg_erp__products') }}
),

consumer_units as (
    select product_code, parent_product_code
    from products
    where units_per_pack = 1 and coalesce(pack_level, 'each') = 'each'
),

unit_in_pack as (
    select product_code as pack_code, product_code as consumer_code
    from consumer_units
    union
    select parent_product_code as pack_code, product_code as consumer_code
    from consumer_units
    where parent_product_code is not null
    union
    select parents.parent_product_code as pack_code, consumer_units.product_code as consumer_code
    from consumer_units
    inner join products as parents
        on consumer_units.parent_product_code = parents.product_code
    where parents.parent_product_code is not null
),

only_unit as (
    select pack_code, min(consumer_code) as consumer_product_code
    from unit_in_pack
    group by pack_code
    having count(*) = 1
),

largest_pack as (
    select only_unit.consumer_product_code, max(products.units_per_pack) as units_per_case
    from only_unit
    inner join products on only_unit.pack_code = products.product_code
    group by only_unit.consumer_product_code
)

select
    products.product_code,
    coalesce(only_unit.consumer_product_code, products.product_code) as consumer_product_code,
    products.units_per_pack,
    case when largest_pack.units_per_case > 1 then largest_pack.units_per_case end
        as units_per_case,
    coalesce(consumer.unit_cost_amount, products.unit_cost_amount) as unit_cost_amount
from products
left join only_unit on products.product_code = only_unit.pack_code
left join largest_pack on only_unit.consumer_product_code = largest_pack.consumer_product_code
left join products as consumer on only_unit.consumer_product_code = consumer.product_code

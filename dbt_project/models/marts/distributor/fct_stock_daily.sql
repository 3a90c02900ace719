-- Grain: one row per distributor, store, product and day, in consumer units. Periodic snapshot:
-- stock adds up over stores and products, not over days. The newest report of a day holds.
with

reported as (
    select * from {{ ref('stg_distributor__stock') }}
),

product_codes as (
    select * from {{ ref('int_distributor__product_codes') }}
),

resolved as (
    select
        reported.*,
        reported.distributor_code || ':' || reported.source_store_code as store_code,
        product_codes.reported_product_code,
        product_codes.product_code,
        reported.quantity_reported * case
            when reported.unit_of_measure = 'case' then product_codes.units_per_case
            else product_codes.units_per_piece
        end as stock_units
    from reported
    inner join product_codes
        on reported.distributor_code = product_codes.code_owner
        and reported.source_product_code = product_codes.source_product_code
),

newest as (
    {{ newest_load(
        'resolved',
        ['distributor_code', 'source_store_code', 'reported_product_code', 'stock_date'],
    ) }}
),

summed as (
    select
        distributor_code,
        store_code,
        product_code,
        stock_date,
        sum(stock_units) as stock_units,
        sum(case when stock_units is null then quantity_reported end) as unconverted_quantity,
        max(load_id) as load_id
    from newest
    group by distributor_code, store_code, product_code, stock_date
),

stores as (
    select * from {{ ref('dim_store') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

fct_stock_daily as (
    select
        {{ surrogate_key(['summed.store_code', 'summed.product_code', 'stock_date']) }}
            as stock_daily_key,
        {{ key_joined('stores.distributor_key', 'summed.distributor_code') }} as distributor_key,
        {{ key_joined('stores.store_key', 'summed.store_code') }} as store_key,
        {{ key_joined('products.product_key', 'summed.product_code') }} as product_key,
        stock_date,
        cast({{ date_key('stock_date') }} as integer) as stock_date_key,
        stock_units,
        unconverted_quantity,
        stock_units <= 0 as is_out_of_stock,
        load_id
    from summed
    left join stores on summed.store_code = stores.store_code
    left join products on summed.product_code = products.product_code
)

select
    stock_daily_key,
    distributor_key,
    store_key,
    product_key,
    stock_date,
    stock_date_key,
    stock_units,
    unconverted_quantity,
    is_out_of_stock,
    load_id
from fct_stock_daily

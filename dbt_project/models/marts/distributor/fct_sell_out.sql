-- Grain: one row per distributor, store, product and period (day or week, as reported), in
-- consumer units and company currency. Periodic snapshot. The newest restatement holds. On days
-- that a distributor's reports do not cover, its baskets stand in (is_from_baskets). What known
-- shoppers bought of it stands beside, from baskets; it is null where no baskets are shared.
with

reported as (
    select
        distributor_code,
        store_code,
        product_code,
        period_start_date,
        period_end_date,
        quantity_units,
        promotion_units,
        unconverted_quantity,
        sales_amount,
        sales_amount_original,
        currency_code,
        load_id
    from {{ ref('int_distributor__sell_out_reported') }}
),

baskets as (
    select * from {{ ref('int_distributor__baskets_by_day') }}
),

known_shoppers as (
    select
        distributor_code,
        store_code,
        product_code,
        period_start_date,
        period_end_date,
        sum(identified_units) as identified_units,
        round(sum(identified_amount), 6) as identified_amount,
        max(load_id) as load_id
    from baskets
    where period_start_date is not null
    group by distributor_code, store_code, product_code, period_start_date, period_end_date
),

sharing_baskets as (
    select distinct distributor_code from baskets
),

combined as (
    select
        reported.*,
        case when sharing_baskets.distributor_code is not null
            then coalesce(known_shoppers.identified_units, 0) end as identified_units,
        case when sharing_baskets.distributor_code is not null
            then coalesce(known_shoppers.identified_amount, 0) end as identified_amount,
        coalesce(known_shoppers.load_id, 0) as basket_load_id,
        false as is_from_baskets
    from reported
    left join known_shoppers
        on reported.distributor_code = known_shoppers.distributor_code
        and reported.store_code = known_shoppers.store_code
        and reported.product_code = known_shoppers.product_code
        and reported.period_start_date = known_shoppers.period_start_date
        and reported.period_end_date = known_shoppers.period_end_date
    left join sharing_baskets on reported.distributor_code = sharing_baskets.distributor_code
    union all
    select
        distributor_code,
        store_code,
        product_code,
        sale_date as period_start_date,
        sale_date as period_end_date,
        quantity_units,
        cast(null as double) as promotion_units,
        cast(null as double) as unconverted_quantity,
        sales_amount,
        sales_amount_original,
        currency_code,
        load_id,
        identified_units,
        identified_amount,
        0 as basket_load_id,
        true as is_from_baskets
    from baskets
    where period_start_date is null
),

stores as (
    select * from {{ ref('dim_store') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

fct_sell_out as (
    select
        {{ surrogate_key([
            'combined.store_code', 'combined.product_code', 'period_start_date', 'period_end_date',
        ]) }} as sell_out_key,
        {{ key_joined('stores.distributor_key', 'combined.distributor_code') }} as distributor_key,
        {{ key_joined('stores.store_key', 'combined.store_code') }} as store_key,
        {{ key_joined('products.product_key', 'combined.product_code') }} as product_key,
        period_start_date,
        period_end_date,
        cast({{ date_key('period_start_date') }} as integer) as period_start_date_key,
        quantity_units,
        promotion_units,
        unconverted_quantity,
        sales_amount,
        sales_amount_original,
        currency_code,
        identified_units,
        identified_amount,
        is_from_baskets,
        greatest(load_id, basket_load_id) as load_id
    from combined
    left join stores on combined.store_code = stores.store_code
    left join products on combined.product_code = products.product_code
)

select
    sell_out_key,
    distributor_key,
    store_key,
    product_key,
    period_start_date,
    period_end_date,
    period_start_date_key,
    quantity_units,
    promotion_units,
    unconverted_quantity,
    sales_amount,
    sales_amount_original,
    currency_code,
    identified_units,
    identified_amount,
    is_from_baskets,
    load_id
from fct_sell_out

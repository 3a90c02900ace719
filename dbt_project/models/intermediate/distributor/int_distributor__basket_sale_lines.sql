-- Grain: one row per product in a distributor's basket; its market is the store's.
with

basket_lines as (
    select * from {{ ref('stg_distributor__basket_lines') }}
),

stores as (
    select * from {{ ref('int_distributor__stores') }}
)

select
    'distributor' as system,
    basket_lines.distributor_code as source_name,
    basket_lines.sale_id,
    basket_lines.line_id,
    case
        when basket_lines.quantity_sold < 0 then 'return'
        when basket_lines.net_amount_original < 0 then 'adjustment'
        else 'sale'
    end as event_code,
    case
        when basket_lines.quantity_sold < 0 then 'return'
        when basket_lines.net_amount_original < 0 then 'adjustment'
        else 'sale'
    end as sale_type,
    basket_lines.record_id,
    coalesce(stores.market_code, 'unknown') as market_code,
    basket_lines.distributor_code || ':' || basket_lines.source_store_code as store_code,
    basket_lines.distributor_code,
    basket_lines.distributor_code as code_owner,
    basket_lines.source_product_code,
    basket_lines.currency_code,
    basket_lines.sold_at,
    basket_lines.sale_date,
    basket_lines.quantity_sold,
    basket_lines.net_amount_original + basket_lines.discount_amount_original
        as gross_amount_original,
    basket_lines.net_amount_original,
    basket_lines.load_id
from basket_lines
left join stores
    on basket_lines.distributor_code || ':' || basket_lines.source_store_code = stores.store_code

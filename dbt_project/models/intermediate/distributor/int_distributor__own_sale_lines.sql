-- Grain: one row per line sold, given back or cancelled in an own or social shop, with the shop,
-- the market and the market's day. In flat exports a negative quantity is a cancellation, and
-- what has no price or a negative one besides is an adjustment of the books.
with

shopify_lines as (
    select
        'shopify' as system,
        coalesce(source_name, 'unknown') as source_name,
        sale_id,
        line_id,
        event_code,
        sale_type,
        record_id,
        country_text,
        code_owner,
        source_product_code,
        currency_code,
        sold_at,
        quantity_sold,
        gross_amount_original,
        net_amount_original,
        load_id
    from {{ ref('int_distributor__shopify_sale_lines') }}
),

flat_lines as (
    select
        'shop' as system,
        source_name,
        sale_id,
        line_id,
        case
            when unit_price_original < 0 or (quantity_sold < 0 and unit_price_original = 0)
                then 'adjustment'
            when quantity_sold < 0 then 'cancellation'
            else 'sale'
        end as sale_type,
        record_id,
        country_name as country_text,
        source_name as code_owner,
        source_product_code,
        currency_code,
        ordered_at as sold_at,
        quantity_sold,
        0 + quantity_sold * unit_price_original as gross_amount_original,
        0 + quantity_sold * unit_price_original - discount_amount_original as net_amount_original,
        load_id
    from {{ ref('stg_shop__order_lines') }}
),

combined as (
    select * from shopify_lines
    union all
    select
        system,
        source_name,
        sale_id,
        line_id,
        sale_type as event_code,
        sale_type,
        record_id,
        country_text,
        code_owner,
        source_product_code,
        currency_code,
        sold_at,
        quantity_sold,
        gross_amount_original,
        net_amount_original,
        load_id
    from flat_lines
),

shops as (
    select * from {{ ref('int_distributor__own_shops') }}
),

market_names as (
    {{ market_names() }}
),

markets as (
    select * from {{ source('company', 'market') }}
),

company as (
    select * from {{ source('company', 'company') }}
)

select
    combined.system,
    combined.source_name,
    combined.sale_id,
    combined.line_id,
    combined.event_code,
    combined.sale_type,
    combined.record_id,
    coalesce(
        market_names.market_code,
        case when combined.country_text is null then 'unknown' else 'other' end
    ) as market_code,
    shops.store_code,
    'own' as distributor_code,
    combined.code_owner,
    combined.source_product_code,
    combined.currency_code,
    combined.sold_at,
    {{ business_date('combined.sold_at', 'coalesce(markets.time_zone, company.time_zone)') }}
        as sale_date,
    combined.quantity_sold,
    combined.gross_amount_original,
    combined.net_amount_original,
    combined.load_id
from combined
cross join company
left join shops
    on combined.system = shops.system
    and combined.source_name = shops.source_name
left join market_names on lower(combined.country_text) = market_names.country_text
left join markets on market_names.market_code = markets.market_code

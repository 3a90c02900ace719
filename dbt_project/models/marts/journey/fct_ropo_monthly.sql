{#
    Grain: month, market, distributor, kind of place and product category: what shoppers bought of
    the company's products there (research online, purchase offline). Fact type: periodic snapshot.
    Sold is what all shoppers bought: sell-out where a distributor reports it, else sale lines;
    a period that spans months counts in that of its first day. Identified is what known people
    bought of it; of that, seen online what people bought of whom any online contact is known, and
    researched online what followed an online contact within the lookback. Late sales, sell-out
    and contacts change their month; all is computed anew. As sold: returns are not taken off,
    but where a distributor reports its sell-out net of them.
#}
with sell_out as (
    select * from {{ ref('fct_sell_out') }}
),

sale_lines as (
    select * from {{ ref('fct_sale_line') }}
    where sale_type = 'sale'
),

stores as (
    select store_key, place_type, market_code from {{ ref('dim_store') }}
),

products as (
    select
        product_key,
        coalesce(category, 'unknown') as product_category
    from {{ ref('dim_product') }}
    where is_own_product
        or not exists (select 1 from {{ source('company', 'own_brand') }})
),

researched as (
    select * from {{ ref('int_journey__conversions_researched') }}
    where conversion_type = 'sale'
),

reporting_sell_out as (
    select distinct distributor_key from sell_out
),

bought as (
    select
        sell_out.period_start_date as bought_date,
        stores.market_code,
        sell_out.distributor_key,
        sell_out.store_key,
        sell_out.product_key,
        sell_out.quantity_units as sold_units,
        sell_out.sales_amount as sold_amount,
        case when sell_out.sales_amount is null then sell_out.quantity_units end as unvalued_units,
        cast(null as double) as identified_units,
        cast(null as double) as identified_amount,
        false as is_seen_online,
        false as is_researched_online
    from sell_out
    left join stores on sell_out.store_key = stores.store_key
    union all
    select
        sale_lines.sale_date as bought_date,
        sale_lines.market_code,
        sale_lines.distributor_key,
        sale_lines.store_key,
        sale_lines.product_key,
        case when reporting_sell_out.distributor_key is null then sale_lines.quantity_units end
            as sold_units,
        case when reporting_sell_out.distributor_key is null then sale_lines.net_amount end
            as sold_amount,
        cast(null as double) as unvalued_units,
        case when sale_lines.customer_key <> {{ unknown_key() }} then sale_lines.quantity_units end
            as identified_units,
        case when sale_lines.customer_key <> {{ unknown_key() }} then sale_lines.net_amount end
            as identified_amount,
        coalesce(researched.is_seen_online, false) as is_seen_online,
        coalesce(researched.online_contact_count > 0, false) as is_researched_online
    from sale_lines
    left join reporting_sell_out
        on sale_lines.distributor_key = reporting_sell_out.distributor_key
    left join researched on sale_lines.sale_id = researched.sale_id
),

placed as (
    select
        bought.distributor_key,
        bought.sold_units,
        bought.sold_amount,
        bought.unvalued_units,
        bought.identified_units,
        bought.identified_amount,
        case when bought.is_seen_online then bought.identified_units end as seen_online_units,
        case when bought.is_seen_online then bought.identified_amount end as seen_online_amount,
        case when bought.is_researched_online then bought.identified_units end
            as researched_online_units,
        case when bought.is_researched_online then bought.identified_amount end
            as researched_online_amount,
        coalesce(bought.market_code, 'unknown') as market_code,
        cast({{ dbt.date_trunc('month', 'bought.bought_date') }} as date) as month_start_date,
        coalesce(stores.place_type, 'unknown') as place_type,
        products.product_category
    from bought
    inner join products on bought.product_key = products.product_key
    left join stores on bought.store_key = stores.store_key
),

fct_ropo_monthly as (
    select
        {{ surrogate_key([
            'month_start_date', 'market_code', 'distributor_key', 'place_type', 'product_category',
        ]) }} as ropo_key,
        month_start_date,
        cast({{ date_key('month_start_date') }} as {{ dbt.type_int() }}) as month_date_key,
        market_code,
        distributor_key,
        place_type,
        product_category,
        {% for column in ['sold_units', 'sold_amount', 'unvalued_units', 'identified_units',
            'identified_amount'] %}
        cast(coalesce({{ exact_sum(column) }}, 0) as double) as {{ column }},
        {% endfor %}
        {% for column in ['seen_online_units', 'seen_online_amount', 'researched_online_units',
            'researched_online_amount'] %}
        cast(coalesce({{ exact_sum(column) }}, 0) as double) as {{ column }}
        {{- ',' if not loop.last }}
        {% endfor %}
    from placed
    group by month_start_date, market_code, distributor_key, place_type, product_category
)

select * from fct_ropo_monthly

{#
    Grain: sale or won deal of a known customer and day on which something of it was sold or given
    back; its kind is whose sale it was (own_shop, distributor, won_deal). Own products; a company that names no brands of its own counts all that is sold. Sales
    that stand in no sale line (deals, contacts of other systems that tell an amount) come from the
    conversions. A return that names no sale has no purchase_date. A deal's margin is what the
    company says that deals leave (leads.deal_margin_pct), else unknown.
#}
with sale_lines as (
    select * from {{ ref('fct_sale_line') }}
    where customer_key <> {{ unknown_key() }}
        and sale_type <> 'test'
),

products as (
    select product_key, is_own_product from {{ ref('dim_product') }}
),

stores as (
    select store_key, {{ purchase_kind('place_type') }} as purchase_kind from {{ ref('dim_store') }}
),

brands as (
    select count(*) as brand_count from {{ source('company', 'own_brand') }}
),

company as (
    select lead_deal_margin_pct from {{ source('company', 'company') }}
),

conversions as (
    select * from {{ ref('fct_conversion') }}
    where conversion_type in ('sale', 'won_deal')
),

own_lines as (
    select sale_lines.*
    from sale_lines
    cross join brands
    left join products on sale_lines.product_key = products.product_key
    where brands.brand_count = 0
        or products.is_own_product
),

sold as (
    select
        customer_key,
        coalesce(stores.purchase_kind, 'distributor') as purchase_kind,
        sale_id,
        sale_date as event_date,
        max(case when sale_type = 'sale' then 1 else 0 end) = 1 as is_sale,
        {{ exact_sum('net_amount') }} as net_amount,
        {{ exact_sum('margin_amount') }} as margin_amount,
        {{ exact_sum('case when margin_amount is null then net_amount else 0 end') }}
            as unknown_cost_amount
    from own_lines
    left join stores on own_lines.store_key = stores.store_key
    group by customer_key, coalesce(stores.purchase_kind, 'distributor'), sale_id, sale_date
),

valued as (
    select
        conversions.*,
        coalesce(
            conversions.margin_amount,
            case when conversions.conversion_type = 'won_deal'
                then conversions.net_revenue_amount * company.lead_deal_margin_pct / 100 end
        ) as known_margin_amount
    from conversions
    cross join company
),

told as (
    select
        valued.customer_key,
        case when valued.conversion_type = 'won_deal' then 'won_deal'
            else {{ purchase_kind('valued.place_type') }} end as purchase_kind,
        coalesce(
            valued.sale_id, cast(valued.conversion_key as {{ dbt.type_string() }})
        ) as sale_id,
        valued.conversion_date as event_date,
        true as is_sale,
        cast(coalesce(valued.net_revenue_amount, 0) as decimal(28, 8)) as net_amount,
        cast(valued.known_margin_amount as decimal(28, 8)) as margin_amount,
        cast(
            case when valued.known_margin_amount is null
                then coalesce(valued.net_revenue_amount, 0) else 0 end
            as decimal(28, 8)
        ) as unknown_cost_amount
    from valued
    left join sale_lines on valued.sale_id = sale_lines.sale_id
    where sale_lines.sale_id is null
),

events as (
    select * from sold
    union all
    select * from told
),

int_journey__purchase_events as (
    select
        *,
        min(case when is_sale then event_date end) over (
            partition by customer_key, purchase_kind, sale_id
        ) as purchase_date
    from events
)

select * from int_journey__purchase_events

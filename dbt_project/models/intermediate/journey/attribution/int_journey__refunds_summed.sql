{#
    Grain: sale of which something was given back, cancelled or adjusted afterwards: what that took
    from its revenue and its margin, on whichever day. Own products, as in the conversions; a
    return that names no sale stands in fct_sale_line alone.
#}
with sale_headers as (
    select * from {{ ref('int_distributor__sale_headers') }}
    where sale_type not in ('sale', 'test')
),

brands as (
    select count(*) as brand_count from {{ source('company', 'own_brand') }}
),

int_journey__refunds_summed as (
    select
        sale_headers.sale_id,
        0 - sum(
            cast(
                case when brands.brand_count = 0 then sale_headers.net_amount
                    else sale_headers.own_net_amount end
                as decimal(18, 4)
            )
        ) as refunded_amount,
        0 - sum(cast(sale_headers.margin_amount as decimal(18, 4))) as refunded_margin_amount
    from sale_headers
    cross join brands
    group by sale_headers.sale_id
)

select * from int_journey__refunds_summed

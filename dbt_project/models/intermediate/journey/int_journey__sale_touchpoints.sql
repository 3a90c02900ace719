{{ config(materialized='view') }}
{#
    Grain: sale to, or return by, a person whom the seller knows: own shop, social shop, e-tailer,
    physical store. Sales to unknown shoppers are in fct_sale_line only. A sale is a conversion if
    the company's products are in it; a purchase of others' products only is no step of a journey.
#}
with sale_headers as (
    select * from {{ ref('int_distributor__sale_headers') }}
    where record_id is not null
        and sale_type in ('sale', 'return', 'cancellation')
),

conversions as (
    select sale_id from {{ ref('int_journey__conversions_valued') }}
),

int_journey__sale_touchpoints as (
    select
        'sale:' || sale_headers.sale_event_id as touchpoint_id,
        'sale' as source_system,
        record_id,
        sold_at as occurred_at,
        sale_date as touchpoint_date,
        market_code,
        case when system in ('shopify', 'shop') then system else 'distributor' end
            as channel_system,
        case when system in ('shopify', 'shop') then source_name else place_type end
            as channel_source,
        {{ unknown_text() }} as channel_medium,
        {{ unknown_text() }} as channel_campaign,
        {{ unknown_text() }} as campaign_code,
        {{ unknown_text() }} as creative_code,
        store_code,
        distributor_code,
        {{ unknown_text() }} as employee_code,
        {{ unknown_text() }} as department,
        case sale_headers.sale_type when 'sale' then 'purchase' else sale_headers.sale_type end
            as touchpoint_type,
        {{ unknown_text() }} as intent,
        {{ unknown_text() }} as stage,
        {{ unknown_text() }} as device_category,
        {{ unknown_text() }} as initiated_by,
        sale_headers.sale_type <> 'sale' or conversions.sale_id is not null as is_effective,
        false as is_direct,
        sale_headers.sale_id,
        {{ unknown_text() }} as lead_id,
        {{ unknown_text() }} as ticket_id,
        case
            when sale_headers.sale_type = 'sale' and conversions.sale_id is not null then 'sale'
        end as conversion_type,
        {{ unknown_text() }} as sentiment,
        cast(null as {{ dbt.type_int() }}) as satisfaction_score,
        load_id
    from sale_headers
    left join conversions on sale_headers.sale_id = conversions.sale_id
)

select * from int_journey__sale_touchpoints

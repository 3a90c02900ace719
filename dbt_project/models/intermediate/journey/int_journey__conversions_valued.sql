{{ config(materialized='view') }}
{#
    Grain: conversion (sale of own products to a known person, or won deal; in a shop, a CRM or a
    contact of another system that tells its amount) with its value in the company's currency and
    its place. A company that names no brands of its own counts all that is sold. A sale is valued
    as sold: returns are facts of their own, on their own day.
#}
with sale_headers as (
    select * from {{ ref('int_distributor__sale_headers') }}
    where record_id is not null
        and sale_type = 'sale'
),

brands as (
    select count(*) as brand_count from {{ source('company', 'own_brand') }}
),

deals as (
    select * from {{ ref('int_lead__deals_unioned') }}
    where stage = 'won'
        and closed_at is not null
),

contacts as (
    select * from {{ ref('stg_touchpoint__contacts') }}
    where sale_id is not null
        and record_id is not null
),

rates as (
    {{ exchange_rates('contacts', 'currency_code', 'cast(occurred_at as date)') }}
),

stores as (
    select * from {{ ref('int_distributor__stores') }}
),

int_journey__conversions_valued as (
    select
        sale_headers.sale_id,
        sale_headers.place_type,
        cast(
            case when brands.brand_count = 0 then sale_headers.net_amount
                else sale_headers.own_net_amount end
            as decimal(18, 4)
        ) as revenue_amount,
        cast(sale_headers.margin_amount as decimal(18, 4)) as margin_amount
    from sale_headers
    cross join brands
    where brands.brand_count = 0
        or sale_headers.own_quantity_units <> 0
    union all
    select
        deal_code as sale_id,
        'sales_team' as place_type,
        cast(amount as decimal(18, 4)) as revenue_amount,
        cast(margin_amount as decimal(18, 4)) as margin_amount
    from deals
    union all
    select
        contacts.sale_id,
        case when contacts.conversion_type = 'won_deal' then 'sales_team'
            else coalesce(stores.place_type, 'unknown') end as place_type,
        cast(contacts.amount_original * rates.exchange_rate as decimal(18, 4)) as revenue_amount,
        cast(contacts.margin_original * rates.exchange_rate as decimal(18, 4)) as margin_amount
    from contacts
    left join rates
        on contacts.currency_code = rates.currency_code
        and cast(contacts.occurred_at as date) = rates.rate_date
    left join stores on contacts.store_code = stores.store_code
)

select * from int_journey__conversions_valued

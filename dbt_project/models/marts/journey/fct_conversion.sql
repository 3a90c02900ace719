{#
    Grain: conversion of a known customer: sale of own products, won deal, lead captured, lead that
    marketing called qualified; the kinds that the company counts. Fact type: transaction, with
    what was given back of it since. Late contacts may move it to another journey, a restated sale
    replaces what it said, a refund lowers its net revenue: all is computed anew.
#}
with conversion_rules as (
    select conversion_type from {{ source('company', 'conversion_rule') }}
),

touchpoints as (
    select * from {{ ref('fct_touchpoint') }}
    where conversion_type is not null
        and customer_key <> {{ unknown_key() }}
),

leads as (
    select lead_id, is_counted from {{ ref('fct_lead') }}
),

steps as (
    select * from {{ ref('int_journey__touchpoints_numbered') }}
),

sales as (
    select * from {{ ref('int_journey__conversions_valued') }}
),

refunds as (
    select * from {{ ref('int_journey__refunds_summed') }}
),

researched as (
    select * from {{ ref('int_journey__conversions_researched') }}
),

customers as (
    select customer_key, market_code from {{ ref('dim_customer') }}
    where is_current
),

qualified_leads as (
    select * from {{ ref('int_journey__leads_qualified') }}
),

conversions as (
    select
        touchpoints.touchpoint_key as conversion_key,
        touchpoints.conversion_type,
        touchpoints.touchpoint_key,
        touchpoints.customer_key,
        coalesce(steps.journey_key, {{ unknown_key() }}) as journey_key,
        touchpoints.occurred_at as converted_at,
        touchpoints.touchpoint_date as conversion_date,
        touchpoints.market_code,
        touchpoints.store_key,
        touchpoints.distributor_key,
        touchpoints.sale_id,
        touchpoints.lead_id
    from touchpoints
    left join steps on touchpoints.touchpoint_key = steps.touchpoint_key
    left join leads on touchpoints.lead_id = leads.lead_id
    where touchpoints.conversion_type <> 'lead' or coalesce(leads.is_counted, true)
    union all
    select
        {{ surrogate_key(["'qualified_lead'", 'lead_id']) }},
        'qualified_lead',
        {{ unknown_key() }},
        customer_key,
        journey_key,
        qualified_at,
        qualified_date,
        market_code,
        {{ unknown_key() }},
        {{ unknown_key() }},
        cast(null as {{ dbt.type_string() }}),
        lead_id
    from qualified_leads
),

fct_conversion as (
    select
        conversions.conversion_key,
        conversions.conversion_type,
        conversions.touchpoint_key,
        conversions.customer_key,
        conversions.journey_key,
        conversions.converted_at,
        conversions.conversion_date,
        cast({{ date_key('conversions.conversion_date') }} as {{ dbt.type_int() }})
            as conversion_date_key,
        coalesce(nullif(conversions.market_code, 'unknown'), customers.market_code, 'unknown')
            as market_code,
        sales.place_type,
        conversions.store_key,
        conversions.distributor_key,
        conversions.sale_id,
        conversions.lead_id,
        researched.online_contact_count,
        researched.last_online_contact_at,
        researched.is_seen_online,
        sales.revenue_amount,
        cast(
            case when sales.revenue_amount is not null then coalesce(refunds.refunded_amount, 0) end
            as decimal(18, 4)
        ) as refunded_amount,
        cast(sales.revenue_amount - coalesce(refunds.refunded_amount, 0) as decimal(18, 4))
            as net_revenue_amount,
        cast(sales.margin_amount - coalesce(refunds.refunded_margin_amount, 0) as decimal(18, 4))
            as margin_amount
    from conversions
    inner join conversion_rules on conversions.conversion_type = conversion_rules.conversion_type
    left join customers on conversions.customer_key = customers.customer_key
    left join sales on conversions.sale_id = sales.sale_id
    left join refunds on conversions.sale_id = refunds.sale_id
    left join researched on conversions.touchpoint_key = researched.touchpoint_key
)

select * from fct_conversion

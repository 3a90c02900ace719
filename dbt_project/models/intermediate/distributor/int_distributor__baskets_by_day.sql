-- Grain: one row per distributor, store, product and day of its baskets, with the reported period
-- that covers the day, if one does (of several, the one that began last). Sums are rounded to 6
-- decimals, so that the order of adding leaves no trace.
with

sale_lines as (
    select * from {{ ref('int_distributor__sale_lines') }} where system = 'distributor'
),

periods as (
    select distinct distributor_code, period_start_date, period_end_date
    from {{ ref('int_distributor__sell_out_reported') }}
),

basket_days as (
    select
        distributor_code,
        store_code,
        product_code,
        sale_date,
        sum(quantity_units) as quantity_units,
        round(sum(net_amount_original * exchange_rate), 6) as sales_amount,
        round(sum(net_amount_original), 6) as sales_amount_original,
        max(currency_code) as currency_code,
        sum(case when record_id is not null then quantity_units else 0 end) as identified_units,
        round(
            sum(case when record_id is not null then net_amount_original * exchange_rate else 0 end),
            6
        ) as identified_amount,
        max(load_id) as load_id
    from sale_lines
    group by distributor_code, store_code, product_code, sale_date
),

covered_days as (
    select
        days.distributor_code,
        days.sale_date,
        periods.period_start_date,
        periods.period_end_date
    from (select distinct distributor_code, sale_date from basket_days) as days
    inner join periods
        on days.distributor_code = periods.distributor_code
        and days.sale_date between periods.period_start_date and periods.period_end_date
    qualify
        row_number() over (
            partition by days.distributor_code, days.sale_date
            order by periods.period_start_date desc, periods.period_end_date
        ) = 1
)

select
    basket_days.distributor_code,
    basket_days.store_code,
    basket_days.product_code,
    basket_days.sale_date,
    covered_days.period_start_date,
    covered_days.period_end_date,
    basket_days.quantity_units,
    basket_days.sales_amount,
    basket_days.sales_amount_original,
    basket_days.currency_code,
    basket_days.identified_units,
    basket_days.identified_amount,
    basket_days.load_id
from basket_days
left join covered_days
    on basket_days.distributor_code = covered_days.distributor_code
    and basket_days.sale_date = covered_days.sale_date

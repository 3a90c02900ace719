-- Grain: one row per distributor, store, product and period, in consumer units and company
-- currency. The newest restatement holds: of all that was sent for the same store,
-- product and period, the rows of the last load count and add up (pieces and cases may stand
-- beside each other in one file).
with

reported as (
    select * from {{ ref('stg_distributor__sell_out') }}
),

product_codes as (
    select * from {{ ref('int_distributor__product_codes') }}
),

resolved as (
    select
        reported.*,
        product_codes.reported_product_code,
        product_codes.product_code,
        reported.quantity_reported * case
            when reported.unit_of_measure = 'case' then product_codes.units_per_case
            else product_codes.units_per_piece
        end as quantity_units
    from reported
    inner join product_codes
        on reported.distributor_code = product_codes.code_owner
        and reported.source_product_code = product_codes.source_product_code
),

newest as (
    {{ newest_load(
        'resolved',
        ['distributor_code', 'source_store_code', 'reported_product_code', 'period_start_date',
         'period_end_date', 'is_promotion'],
    ) }}
),

rates as (
    {{ exchange_rates('newest', 'currency_code', 'period_start_date') }}
)

select
    newest.distributor_code,
    newest.distributor_code || ':' || newest.source_store_code as store_code,
    newest.product_code,
    newest.period_start_date,
    newest.period_end_date,
    sum(newest.quantity_units) as quantity_units,
    sum(case when newest.is_promotion then newest.quantity_units else 0 end) as promotion_units,
    sum(case when newest.quantity_units is null then newest.quantity_reported end)
        as unconverted_quantity,
    round(sum(newest.sales_amount_original * rates.exchange_rate), 6) as sales_amount,
    round(sum(newest.sales_amount_original), 6) as sales_amount_original,
    max(newest.currency_code) as currency_code,
    count(*) as row_count,
    max(newest.load_id) as load_id
from newest
left join rates
    on newest.currency_code = rates.currency_code
    and newest.period_start_date = rates.rate_date
group by
    newest.distributor_code,
    newest.distributor_code || ':' || newest.source_store_code,
    newest.product_code,
    newest.period_start_date,
    newest.period_end_date

-- Grain: one row per invoice line to a distributor; returns are negative. Transaction fact, in
-- consumer units and company currency. A late or restated line lands on its own invoice day.
with

sell_in_lines as (
    select * from {{ ref('stg_erp__sell_in_lines') }}
),

product_codes as (
    select * from {{ ref('int_distributor__product_codes') }}
),

rates as (
    {{ exchange_rates('sell_in_lines', 'currency_code', 'invoice_date') }}
),

valued as (
    select
        lines.*,
        product_codes.product_code,
        lines.quantity_reported * case
            when lines.unit_of_measure = 'case'
                then coalesce(lines.units_per_pack, product_codes.units_per_case)
            else product_codes.units_per_piece
        end as quantity_units,
        product_codes.unit_cost_amount,
        rates.exchange_rate
    from sell_in_lines as lines
    left join product_codes
        on lines.source_name = product_codes.code_owner
        and lines.source_product_code = product_codes.source_product_code
    left join rates
        on lines.currency_code = rates.currency_code
        and lines.invoice_date = rates.rate_date
),

fct_sell_in as (
    select
        {{ surrogate_key(['sell_in_id']) }} as sell_in_key,
        sell_in_id,
        invoice_id,
        invoice_date,
        cast({{ date_key('invoice_date') }} as integer) as invoice_date_key,
        {{ key_or_unknown('distributor_code') }} as distributor_key,
        {{ key_or_unknown("distributor_code || ':' || ship_to_code") }} as ship_to_store_key,
        {{ key_or_unknown('product_code') }} as product_key,
        source_product_code,
        quantity_reported,
        unit_of_measure,
        quantity_units,
        net_amount_original * exchange_rate as net_amount,
        coalesce(unit_cost_original * exchange_rate, unit_cost_amount) * quantity_units
            as cost_amount,
        net_amount_original * exchange_rate
        - coalesce(unit_cost_original * exchange_rate, unit_cost_amount) * quantity_units
            as margin_amount,
        net_amount_original,
        currency_code,
        quantity_reported < 0 as is_return,
        load_id
    from valued
)

select
    sell_in_key,
    sell_in_id,
    invoice_id,
    invoice_date,
    invoice_date_key,
    distributor_key,
    ship_to_store_key,
    product_key,
    source_product_code,
    quantity_reported,
    unit_of_measure,
    quantity_units,
    net_amount,
    cost_amount,
    margin_amount,
    net_amount_original,
    currency_code,
    is_return,
    load_id
from fct_sell_in

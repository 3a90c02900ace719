-- Grain: one row as a distributor reported it, every restatement included: which one holds is
-- decided once product codes are resolved (int_distributor__sell_out_reported).
select
    _source as distributor_code,
    {{ code_text('store_code') }} as source_store_code,
    {{ code_text('product_code') }} as source_product_code,
    period_start as period_start_date,
    coalesce(period_end, period_start) as period_end_date,
    units as quantity_reported,
    lower(coalesce(nullif(trim(unit_of_measure), ''), 'each')) as unit_of_measure,
    value as sales_amount_original,
    upper(nullif(trim(currency), '')) as currency_code,
    coalesce(is_promotion, false) as is_promotion,
    _row as row_number_in_file,
    _load_id as load_id
from {{ source('distributor', 'sell_out') }}

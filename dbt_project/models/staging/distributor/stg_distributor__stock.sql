-- Grain: one row as a distributor reported it, every restatement included: which one holds is
-- decided once product codes are resolved (fct_stock_daily).
select
    _source as distributor_code,
    {{ code_text('store_code') }} as source_store_code,
    {{ code_text('product_code') }} as source_product_code,
    stock_date,
    units as quantity_reported,
    lower(coalesce(nullif(trim(unit_of_measure), ''), 'each')) as unit_of_measure,
    _row as row_number_in_file,
    _load_id as load_id
from {{ source('distributor', 'stock') }}

{%- set line_code -%}
    coalesce(
        {{ code_text('invoice_id') }} || '/' || {{ code_text('line_id') }},
        _period || '#' || cast(_row as varchar)
    )
{%- endset -%}
-- Grain: one row per invoice line to a distributor. Numbered lines count once however often they
-- are sent (the newest holds); without numbers equal rows are different lines.
with

sell_in_lines as (
    {{ latest_version(source('erp', 'sell_in_line'), ['_source', line_code]) }}
)

select
    'erp:' || _source || '/' || {{ line_code }} as sell_in_id,
    {{ code_text('invoice_id') }} as invoice_id,
    trim(distributor_code) as distributor_code,
    invoice_date,
    {{ code_text('ship_to_code') }} as ship_to_code,
    nullif(trim(ship_to_name), '') as ship_to_name,
    nullif(trim(ship_to_city), '') as ship_to_city,
    nullif(trim(ship_to_region), '') as ship_to_region,
    nullif(trim(ship_to_postal_code), '') as ship_to_postal_code,
    upper(nullif(trim(ship_to_country), '')) as ship_to_country_code,
    {{ code_text('product_code') }} as source_product_code,
    nullif(trim(product_name), '') as product_name,
    nullif(trim(brand), '') as brand,
    nullif(trim(category), '') as category,
    units_per_pack,
    quantity as quantity_reported,
    lower(coalesce(nullif(trim(unit_of_measure), ''), 'each')) as unit_of_measure,
    net_amount as net_amount_original,
    upper(trim(currency)) as currency_code,
    unit_cost as unit_cost_original,
    _source as source_name,
    _load_id as load_id
from sell_in_lines

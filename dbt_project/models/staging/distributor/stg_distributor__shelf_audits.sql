-- Grain: one row per distributor, store, product, day and placement that was looked at; the
-- newest report holds.
with

shelf_audits as (
    {{ latest_version(
        source('distributor', 'shelf_audit'),
        ['_source', code_text('store_code'), code_text('product_code'), 'audit_date',
         code_text('display_location'), code_text('mailer_location')],
        ['_received_at'],
    ) }}
)

select
    _source as distributor_code,
    {{ code_text('store_code') }} as source_store_code,
    {{ code_text('product_code') }} as source_product_code,
    audit_date,
    nullif(trim(product_name), '') as product_name,
    nullif(trim(brand), '') as brand,
    nullif(trim(category), '') as category,
    is_competitor,
    facings as facing_count,
    price as price_original,
    upper(nullif(trim(currency), '')) as currency_code,
    is_available,
    is_promotion,
    coalesce({{ code_text('display_location') }}, '') as display_location,
    coalesce({{ code_text('mailer_location') }}, '') as mailer_location,
    _load_id as load_id
from shelf_audits

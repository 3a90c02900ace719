-- Grain: one row per distributor, store, product, day and placement that was looked at; the
-- newest report holds.
with

shelf_audits as (
    select
        *,
        {{ code_text('store_code') }} as source_store_code,
        {{ code_text('product_code') }} as source_product_code,
        coalesce({{ code_text('display_location') }}, '') as display_code,
        coalesce({{ code_text('mailer_location') }}, '') as mailer_code
    from {{ source('distributor', 'shelf_audit') }}
),

latest as (
    {{ latest_version(
        'shelf_audits',
        ['_source', 'source_store_code', 'source_product_code', 'audit_date', 'display_code',
         'mailer_code'],
        ['_received_at'],
    ) }}
)

select
    _source as distributor_code,
    source_store_code,
    source_product_code,
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
    display_code as display_location,
    mailer_code as mailer_location,
    _load_id as load_id
from latest

-- Grain: one row per store, product, day and placement that an auditor looked at, own products
-- and competitors' alike. Transaction fact. Category facings of the same store and day stand
-- beside, so that share of shelf = facings / category facings. The newest report holds.
with

audits as (
    select * from {{ ref('stg_distributor__shelf_audits') }}
),

product_codes as (
    select * from {{ ref('int_distributor__product_codes') }}
),

stores as (
    select * from {{ ref('dim_store') }}
),

products as (
    select product_key, product_code, category, product_relation from {{ ref('dim_product') }}
),

rates as (
    {{ exchange_rates('audits', 'currency_code', 'audit_date') }}
),

resolved as (
    select
        audits.*,
        audits.distributor_code || ':' || audits.source_store_code as store_code,
        product_codes.reported_product_code as product_code,
        products.product_key,
        coalesce(products.category, audits.category, 'unknown') as shelf_category,
        case
            when products.product_relation = 'own' then false
            when audits.is_competitor is not null then audits.is_competitor
            else products.product_relation in ('competitor', 'own_label')
        end as is_competitor_product,
        audits.price_original * rates.exchange_rate as price_amount
    from audits
    left join product_codes
        on audits.distributor_code = product_codes.code_owner
        and audits.source_product_code = product_codes.source_product_code
    left join products on product_codes.reported_product_code = products.product_code
    left join rates
        on audits.currency_code = rates.currency_code
        and audits.audit_date = rates.rate_date
),

fct_shelf_audit as (
    select
        {{ surrogate_key([
            'resolved.store_code', 'source_product_code', 'audit_date',
            'display_location', 'mailer_location',
        ]) }} as shelf_audit_key,
        {{ key_joined('stores.distributor_key', 'resolved.distributor_code') }} as distributor_key,
        {{ key_joined('stores.store_key', 'resolved.store_code') }} as store_key,
        {{ key_joined('resolved.product_key', 'resolved.product_code') }} as product_key,
        source_product_code,
        audit_date,
        cast({{ date_key('audit_date') }} as integer) as audit_date_key,
        shelf_category,
        is_competitor_product,
        facing_count,
        sum(facing_count) over (
            partition by resolved.store_code, audit_date, shelf_category
        ) as category_facing_count,
        price_amount,
        price_original,
        currency_code,
        is_available,
        is_promotion,
        display_location,
        mailer_location,
        load_id
    from resolved
    left join stores on resolved.store_code = stores.store_code
)

select
    shelf_audit_key,
    distributor_key,
    store_key,
    product_key,
    source_product_code,
    audit_date,
    audit_date_key,
    shelf_category,
    is_competitor_product,
    facing_count,
    cast(category_facing_count as bigint) as category_facing_count,
    price_amount,
    price_original,
    currency_code,
    is_available,
    is_promotion,
    display_location,
    mailer_location,
    load_id
from fct_shelf_audit

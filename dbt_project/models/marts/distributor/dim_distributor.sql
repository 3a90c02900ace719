-- Grain: one row per distributor and version (SCD2): a version per relation to the company.
-- Facts carry the durable distributor_key; the version in force is the one whose validity holds
-- the fact's day. The company itself is 'own'; -1 is the unknown distributor.
with

distributors as (
    select * from {{ ref('int_distributor__distributors') }}
),

dim_distributor as (
    select
        {{ surrogate_key(['distributor_code', 'valid_from']) }} as distributor_version_key,
        {{ key_or_unknown('distributor_code') }} as distributor_key,
        distributor_code,
        distributor_name,
        distributor_type,
        coalesce(market_code, 'unknown') as market_code,
        gln,
        relation,
        valid_from,
        valid_to,
        is_current,
        is_inferred
    from distributors
    union all
    select
        {{ unknown_key() }} as distributor_version_key,
        {{ unknown_key() }} as distributor_key,
        'unknown' as distributor_code,
        'Unknown' as distributor_name,
        'unknown' as distributor_type,
        'unknown' as market_code,
        cast(null as varchar) as gln,
        'unknown' as relation,
        cast('1900-01-01' as date) as valid_from,
        cast('9999-12-31' as date) as valid_to,
        true as is_current,
        true as is_inferred
)

select
    distributor_version_key,
    distributor_key,
    distributor_code,
    distributor_name,
    distributor_type,
    market_code,
    gln,
    relation,
    valid_from,
    valid_to,
    is_current,
    is_inferred
from dim_distributor

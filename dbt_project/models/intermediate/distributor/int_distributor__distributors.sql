-- Grain: one row per distributor and period of its relation to the company (SCD2). The company
-- itself stands as 'own'; who is mentioned without being in the company's rules is inferred.
with

ruled as (
    select
        distributor_code,
        distributor_name,
        distributor_type,
        market_code,
        gln,
        relation,
        valid_from,
        valid_to,
        false as is_inferred
    from {{ source('company', 'distributor') }}
),

company as (
    select * from {{ source('company', 'company') }}
),

mentioned as (
    select distributor_code from {{ ref('int_distributor__codes_mentioned') }}
    union
    select distributor_code from {{ ref('stg_distributor__stores') }}
    union
    select distributor_code from {{ ref('stg_distributor__products') }}
    union
    select distributor_code from {{ ref('stg_distributor__loyalty_members') }}
    union
    select distributor_code from {{ ref('stg_campaign__retail_media') }}
    union
    select distributor_code from {{ ref('stg_touchpoint__contacts') }}
    where distributor_code is not null
),

inferred as (
    select
        distributor_code,
        distributor_code as distributor_name,
        'unknown' as distributor_type,
        cast(null as varchar) as market_code,
        cast(null as varchar) as gln,
        'unknown' as relation,
        cast('1900-01-01' as date) as valid_from,
        cast('9999-12-31' as date) as valid_to,
        true as is_inferred
    from mentioned
    where distributor_code <> 'own'
        and distributor_code not in (select distributor_code from ruled)
),

own as (
    select
        'own' as distributor_code,
        coalesce(max(title), 'Own shops') as distributor_name,
        'own' as distributor_type,
        cast(null as varchar) as market_code,
        cast(null as varchar) as gln,
        'own' as relation,
        cast('1900-01-01' as date) as valid_from,
        cast('9999-12-31' as date) as valid_to,
        false as is_inferred
    from company
),

combined as (
    select * from ruled
    union all
    select * from inferred
    union all
    select * from own
)

select
    distributor_code,
    distributor_name,
    distributor_type,
    market_code,
    gln,
    relation,
    valid_from,
    valid_to,
    row_number() over (partition by distributor_code order by valid_from desc) = 1 as is_current,
    is_inferred
from combined

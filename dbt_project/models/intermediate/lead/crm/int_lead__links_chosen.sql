-- Grain: one row per record of a CRM and kind of record that it belongs to, where the CRM keeps
-- that in tables of their own: the main one, else the one whose code comes first. A link counts
-- whichever way round it was sent. `linked_count` tells how many there are.
with

links as (
    select * from {{ ref('stg_crm__links') }}
),

both_ways as (
    select
        from_kind,
        from_code,
        to_kind,
        to_code,
        is_primary
    from links
    union all
    select
        to_kind as from_kind,
        to_code as from_code,
        from_kind as to_kind,
        from_code as to_code,
        is_primary
    from links
    where to_kind <> 'market'
),

distinct_links as (
    select
        from_code,
        to_kind,
        to_code,
        bool_or(is_primary) as is_primary
    from both_ways
    group by from_code, to_kind, to_code
)

select
    from_code as record_code,
    to_kind as linked_kind,
    to_code as linked_code,
    count(*) over (partition by from_code, to_kind) as linked_count
from distinct_links
qualify row_number() over (partition by from_code, to_kind order by is_primary desc, to_code) = 1

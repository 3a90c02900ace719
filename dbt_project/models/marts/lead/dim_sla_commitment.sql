-- Grain: one row per commitment of the service-level agreement and version, plus the unknown
-- member. A version holds from valid_from to the day before valid_to.
with

commitments as (
    select * from {{ source('company', 'sla_commitment') }}
)

select
    {{ surrogate_key(['commitment_code', 'version']) }} as sla_commitment_key,
    commitment_code,
    cast(version as integer) as version,
    description as commitment_description,
    kind,
    owed_by,
    owed_to,
    start_event,
    end_event,
    cast(target_minutes as bigint) as target_business_minutes,
    cast(target_pct as double) as target_pct,
    cast(target_count as bigint) as target_count,
    case
        when target_minutes is not null then 'time'
        when target_count is not null then 'volume'
        when start_event is not null then 'share'
        else 'unmeasured'
    end as measure,
    valid_from,
    valid_to,
    valid_to = date '9999-12-31' as is_current
from commitments
union all
select
    {{ unknown_key() }} as sla_commitment_key,
    'unknown' as commitment_code,
    0 as version,
    'Unknown commitment' as commitment_description,
    'unknown' as kind,
    'unknown' as owed_by,
    'unknown' as owed_to,
    null as start_event,
    null as end_event,
    null as target_business_minutes,
    null as target_pct,
    null as target_count,
    'unmeasured' as measure,
    date '1900-01-01' as valid_from,
    date '9999-12-31' as valid_to,
    true as is_current

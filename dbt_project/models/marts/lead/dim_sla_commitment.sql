-- Grain: one row per commitment of the service-level agreement and version, plus the unknown
-- member. A version holds from valid_from to the day before valid_to.
with

commitments as (
    select * from {{ source('company', 'sla_commitment') }}
),

worded as (
    select
        *,
        case measure
            when 'time' then
                case when end_count > 1 then cast(end_count as {{ dbt.type_string() }}) || ' x '
                    else ''
                end
                || replace(end_event, '_', ' ')
                || coalesce(' (or ' || replace(fulfilled_by, '_', ' ') || ')', '')
                || ' within ' || cast(target_minutes as {{ dbt.type_string() }}) || ' '
                || clock || ' minutes of ' || replace(start_event, '_', ' ')
                || case when pauses then ', pauses left out' else ', pauses included' end
            when 'volume' then
                'at least ' || cast(target_count as {{ dbt.type_string() }}) || ' x '
                || replace(end_event, '_', ' ') || ' a month'
            when 'amount' then
                'at least ' || cast(target_amount as {{ dbt.type_string() }}) || ' of '
                || replace(end_event, '_', ' ') || ' a month'
            when 'share' then replace(end_event, '_', ' ') || ' after ' || replace(start_event, '_', ' ')
            when 'completeness' then
                replace(replace(required_fields, '_', ' '), ' > ', ', ') || ' known at '
                || replace(start_event, '_', ' ')
        end
        || coalesce(', in ' || cast(target_pct as {{ dbt.type_string() }}) || ' % of cases', '')
            as promise,
        nullif(
            coalesce('; hours of market ' || calendar, '')
            || coalesce('; markets ' || replace(markets, ' > ', ', '), '')
            || coalesce('; lead sources ' || replace(lead_sources, ' > ', ', '), '')
            || coalesce('; channels ' || replace(channels, ' > ', ', '), '')
            || coalesce('; score from ' || cast(min_score as {{ dbt.type_string() }}), ''),
            ''
        ) as limits
    from commitments
)

select
    {{ surrogate_key(['commitment_code', 'version']) }} as sla_commitment_key,
    commitment_code,
    cast(version as integer) as version,
    description as commitment_description,
    owed_by || ' owes ' || owed_to || ': ' || promise || coalesce(limits, '') as terms,
    kind,
    case
        when kind = 'joint' then 'joint'
        else owed_by
    end as side,
    owed_by,
    owed_to,
    measure,
    start_event,
    end_event,
    cast(end_count as integer) as end_count,
    fulfilled_by,
    required_fields,
    cast(target_minutes as bigint) as target_business_minutes,
    cast(target_pct as double) as target_pct,
    cast(target_count as bigint) as target_count,
    cast(target_amount as double) as target_amount,
    clock,
    calendar as calendar_market_code,
    pauses as is_pausable,
    markets,
    lead_sources,
    channels,
    cast(min_score as integer) as min_score,
    valid_from,
    valid_to,
    valid_to = date '9999-12-31' as is_current
from worded
union all
select
    {{ unknown_key() }} as sla_commitment_key,
    'unknown' as commitment_code,
    0 as version,
    'Unknown commitment' as commitment_description,
    'unknown' as terms,
    'unknown' as kind,
    'unknown' as side,
    'unknown' as owed_by,
    'unknown' as owed_to,
    'unmeasured' as measure,
    null as start_event,
    null as end_event,
    null as end_count,
    null as fulfilled_by,
    null as required_fields,
    null as target_business_minutes,
    null as target_pct,
    null as target_count,
    null as target_amount,
    'business' as clock,
    null as calendar_market_code,
    false as is_pausable,
    null as markets,
    null as lead_sources,
    null as channels,
    null as min_score,
    date '1900-01-01' as valid_from,
    date '9999-12-31' as valid_to,
    true as is_current

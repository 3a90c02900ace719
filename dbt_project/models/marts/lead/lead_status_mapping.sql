-- Grain: one row per system, kind of record (lead, deal, ticket) and status in the company's words,
-- those that records had or have and those that the company's rules name, with the stage or state
-- that it means. One that no rule names is unmapped: its records stay, in stage `unmapped`, until
-- company.yaml says what it means. Rebuilt whole.
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }} where not is_inferred
),

lead_statuses as (
    select * from {{ ref('int_lead__statuses_taken') }}
),

changes as (
    select * from {{ ref('int_lead__changes_unioned') }}
    where record_kind = 'deal' and field = 'stage' and new_value is not null
),

deals as (
    select * from {{ ref('int_lead__deals_unioned') }} where stage_name is not null
),

tickets as (
    select * from {{ ref('int_lead__tickets_dated') }}
),

ticket_states as (
    select * from {{ ref('int_lead__ticket_states_taken') }} where status is not null
),

stages as (
    select * from {{ ref('int_lead__stages_named') }}
),

ticket_statuses as (
    select * from {{ source('company', 'ticket_status') }}
),

seen as (
    select
        system,
        source_name,
        'lead' as record_kind,
        lead_code as record_code,
        status,
        taken_at as seen_at,
        cast(null as {{ dbt.type_string() }}) as state,
        false as is_current
    from lead_statuses
    union all
    select
        system,
        source_name,
        'lead' as record_kind,
        lead_code as record_code,
        status,
        null as seen_at,
        null as state,
        true as is_current
    from leads
    where status is not null
    union all
    select
        system,
        source_name,
        'deal' as record_kind,
        record_code,
        new_value as status,
        changed_at as seen_at,
        null as state,
        false as is_current
    from changes
    union all
    select
        system,
        source_name,
        'deal' as record_kind,
        deal_code as record_code,
        stage_name as status,
        coalesce(closed_at, opened_at) as seen_at,
        null as state,
        true as is_current
    from deals
    union all
    select
        tickets.system,
        tickets.source_name,
        'ticket' as record_kind,
        ticket_states.ticket_code as record_code,
        ticket_states.status,
        ticket_states.started_at as seen_at,
        ticket_states.state,
        ticket_states.ended_at is null as is_current
    from ticket_states
    inner join tickets on ticket_states.ticket_code = tickets.ticket_code
),

counted as (
    select
        system,
        source_name,
        record_kind,
        lower(trim(status)) as status_key,
        min(trim(status)) as status,
        min(state) as state,
        count(distinct record_code) as record_count,
        count(distinct case when is_current then record_code end) as current_record_count,
        min(seen_at) as first_seen_at,
        max(seen_at) as last_seen_at
    from seen
    group by system, source_name, record_kind, lower(trim(status))
),

rules as (
    select
        system,
        case record_kind when 'opportunity' then 'deal' else record_kind end as record_kind,
        status_key,
        stage
    from stages
    union all
    select
        lower(trim(system)) as system,
        'ticket' as record_kind,
        lower(trim(status)) as status_key,
        min(state) as stage
    from ticket_statuses
    group by lower(trim(system)), lower(trim(status))
),

mapped as (
    select
        counted.system,
        counted.source_name,
        counted.record_kind,
        counted.status,
        coalesce(counted.state, of_source.stage, of_system.stage, 'unmapped') as stage,
        counted.record_count,
        counted.current_record_count,
        counted.first_seen_at,
        counted.last_seen_at
    from counted
    left join rules as of_source
        on counted.record_kind = of_source.record_kind
        and counted.source_name = of_source.system
        and counted.status_key = of_source.status_key
    left join rules as of_system
        on counted.record_kind = of_system.record_kind
        and counted.system = of_system.system
        and counted.status_key = of_system.status_key
    union all
    select
        'rule' as system,
        rules.system as source_name,
        rules.record_kind,
        rules.status_key as status,
        rules.stage,
        0 as record_count,
        0 as current_record_count,
        null as first_seen_at,
        null as last_seen_at
    from rules
    left join counted
        on rules.record_kind = counted.record_kind
        and rules.status_key = counted.status_key
        and (rules.system = counted.source_name or rules.system = counted.system)
    where counted.status_key is null
)

select
    {{ surrogate_key(['system', 'source_name', 'record_kind', 'lower(status)']) }}
        as status_mapping_key,
    source_name as system,
    record_kind,
    status,
    stage,
    record_count,
    current_record_count,
    first_seen_at,
    last_seen_at,
    stage = 'unmapped' as is_unmapped,
    record_count = 0 as is_unused,
    case
        when stage = 'unmapped' then {{ status_advice('record_kind', 'source_name', 'status') }}
        when record_count = 0 then 'No record has had this status: see whether company.yaml '
            || 'spells it as the system does, or take it out'
    end as advice
from mapped

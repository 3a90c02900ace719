-- Grain: one row per lead or ticket and commitment whose clock started, in the commitment's
-- version of that day. Accumulating snapshot: met_at fills in, and a running clock becomes met or
-- breached. Late rows may change a status, since all is rebuilt from the events.
with

clocks as (
    select * from {{ ref('int_lead__clocks_run') }}
),

owners as (
    select * from {{ ref('int_lead__owners_assigned') }}
),

records as (
    select
        'lead' as subject_type,
        lead_code as subject_code,
        record_id,
        market_code,
        load_id
    from {{ ref('int_lead__leads_unioned') }}
    union all
    select
        'ticket' as subject_type,
        ticket_code as subject_code,
        record_id,
        market_code,
        load_id
    from {{ ref('int_lead__tickets_dated') }}
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

-- Who owned it when the target was used up answers for it, if it is one of those who owe it.
answerable as (
    select
        clocks.subject_code,
        clocks.commitment_code,
        max(owners.owner_code) as owner_code
    from clocks
    inner join owners
        on clocks.subject_type = owners.subject_type
        and clocks.subject_code = owners.subject_code
        and lower(clocks.owed_by) = owners.department
        and coalesce(least(clocks.met_at, clocks.due_at), clocks.due_at) > owners.owned_from
        and coalesce(least(clocks.met_at, clocks.due_at), clocks.due_at) <= owners.owned_to
    group by clocks.subject_code, clocks.commitment_code
)

select
    {{ surrogate_key(['clocks.subject_code', 'clocks.commitment_code']) }} as lead_sla_key,
    {{ surrogate_key(['clocks.commitment_code', 'clocks.version']) }} as sla_commitment_key,
    clocks.subject_type,
    case clocks.subject_type when 'lead' then {{ surrogate_key(['clocks.subject_code']) }}
        else {{ unknown_key() }}
    end as lead_key,
    case clocks.subject_type when 'ticket' then {{ surrogate_key(['clocks.subject_code']) }}
        else {{ unknown_key() }}
    end as ticket_key,
    coalesce(identities.customer_key, {{ unknown_key() }}) as customer_key,
    {{ key_or_unknown('answerable.owner_code') }} as employee_key,
    clocks.owed_by as department,
    coalesce(records.market_code, 'unknown') as market_code,
    clocks.calendar_code = '*' as is_calendar_assumed,
    clocks.started_at,
    clocks.started_date,
    cast({{ date_key('clocks.started_date') }} as integer) as started_date_key,
    clocks.due_at,
    clocks.met_at,
    cast(clocks.target_minutes as bigint) as target_business_minutes,
    clocks.business_minutes,
    case when clocks.business_minutes > clocks.target_minutes
        then clocks.business_minutes - clocks.target_minutes
    end as overdue_business_minutes,
    clocks.status,
    records.load_id
from clocks
inner join records
    on clocks.subject_type = records.subject_type
    and clocks.subject_code = records.subject_code
left join answerable
    on clocks.subject_code = answerable.subject_code
    and clocks.commitment_code = answerable.commitment_code
left join identities on records.record_id = identities.record_id

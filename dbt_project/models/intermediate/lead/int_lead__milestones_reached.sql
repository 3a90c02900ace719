-- Grain: one row per lead or ticket, event and time it happened; these are the events that
-- commitments of the service-level agreement start and end with. Stages count once, when first
-- entered; attempts and contacts each time, since a clock asks for the first one after it has
-- started.
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }} where not is_inferred
),

tickets as (
    select * from {{ ref('int_lead__tickets_unioned') }}
),

entries as (
    select * from {{ ref('int_lead__stages_entered') }} where entered_at is not null
),

owners as (
    select * from {{ ref('int_lead__owners_assigned') }}
),

actions as (
    select * from {{ ref('int_lead__actions_taken') }}
),

versions as (
    select
        record_id,
        status,
        rejection_reason
    from {{ ref('stg_salesforce__lead_versions') }}
    union all
    select
        record_id,
        status,
        rejection_reason
    from {{ ref('stg_crm__lead_versions') }}
),

-- Assigned means: owned by somebody of the department to which leads are to be handed over.
assigned_departments as (
    select lower(owed_to) as department
    from {{ source('company', 'sla_commitment') }}
    where end_event = 'assigned'
),

reasons as (
    select distinct
        record_id as lead_code,
        lower(status) as status_key
    from versions
    where rejection_reason is not null
),

decisions as (
    select
        entries.lead_code,
        min(entries.entered_at) as decided_at
    from entries
    left join reasons
        on entries.lead_code = reasons.lead_code
        and lower(entries.status) = reasons.status_key
    where entries.stage in ('sal', 'sql', 'opportunity', 'won')
        or (entries.stage in ('rejected', 'recycled') and reasons.lead_code is not null)
    group by entries.lead_code
),

milestones as (
    select
        'lead' as subject_type,
        lead_code as subject_code,
        stage as event,
        min(entered_at) as occurred_at
    from entries
    group by lead_code, stage
    union all
    select
        'lead' as subject_type,
        lead_code as subject_code,
        'accepted_or_rejected' as event,
        decided_at as occurred_at
    from decisions
    union all
    select
        'lead' as subject_type,
        subject_code,
        'assigned' as event,
        min(owned_from) as occurred_at
    from owners
    where subject_type = 'lead'
        and not is_queue
        and (
            department in ('sales', 'unknown')
            or department in (select department from assigned_departments)
        )
    group by subject_code
    union all
    select
        'ticket' as subject_type,
        ticket_code as subject_code,
        'ticket_opened' as event,
        created_at as occurred_at
    from tickets
    union all
    select
        'ticket' as subject_type,
        ticket_code as subject_code,
        'resolved' as event,
        closed_at as occurred_at
    from tickets
    where closed_at is not null
    union all
    select
        subject_type,
        subject_code,
        'first_attempt' as event,
        occurred_at
    from actions
    where is_attempt
    union all
    select
        subject_type,
        subject_code,
        case subject_type when 'lead' then 'first_contact' else 'first_response' end as event,
        occurred_at
    from actions
    where is_contact
)

select
    subject_type,
    subject_code,
    event,
    occurred_at
from milestones
group by subject_type, subject_code, event, occurred_at

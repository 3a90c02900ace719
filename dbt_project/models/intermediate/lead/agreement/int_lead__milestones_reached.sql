-- Grain: one row per lead or ticket, event and time it happened; these are the events that
-- commitments of the service-level agreement start and end with. Each entry of a stage counts,
-- re-entries included, and so do attempts and contacts each time: which of them starts or ends a
-- clock is said where clocks are run. Late rows take their own place in time.
with

tickets as (
    select * from {{ ref('int_lead__tickets_dated') }} where system <> 'social'
),

leads as (
    select * from {{ ref('int_lead__leads_unioned') }} where not is_inferred
),

entries as (
    select * from {{ ref('int_lead__stages_entered') }} where entered_at is not null
),

states as (
    select
        *,
        max(case when not is_done then state_number end) over (partition by ticket_code)
            as last_open_number
    from {{ ref('int_lead__ticket_states_taken') }}
    where ticket_code in (select ticket_code from tickets)
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
    select
        record_id as lead_code,
        lower(status) as status_key
    from versions
    where rejection_reason is not null
    union
    select
        lead_code,
        lower(status) as status_key
    from leads
    where rejection_reason is not null
),

judged as (
    select
        entries.lead_code,
        entries.stage,
        entries.entered_at,
        entries.stage in ('rejected', 'recycled') as is_sent_back,
        reasons.lead_code is not null as has_reason,
        entries.stage = 'captured' and entries.entered_at <= leads.captured_at as is_capture
    from entries
    left join leads on entries.lead_code = leads.lead_code
    left join reasons
        on entries.lead_code = reasons.lead_code
        and lower(entries.status) = reasons.status_key
),

milestones as (
    select
        'lead' as subject_type,
        lead_code as subject_code,
        stage as event,
        entered_at as occurred_at
    from judged
    where not coalesce(is_capture, false)
    union all
    -- The form may have been sent before the lead was in the CRM.
    select
        'lead' as subject_type,
        lead_code as subject_code,
        'captured' as event,
        case when submitted_at < captured_at then submitted_at else captured_at end
            as occurred_at
    from leads
    union all
    select
        'lead' as subject_type,
        lead_code as subject_code,
        'accepted_or_rejected' as event,
        entered_at as occurred_at
    from judged
    where stage in ('sal', 'sql', 'opportunity', 'won') or (is_sent_back and has_reason)
    union all
    -- What sales tells marketing about how it went on.
    select
        'lead' as subject_type,
        lead_code as subject_code,
        'feedback' as event,
        entered_at as occurred_at
    from judged
    where stage in ('opportunity', 'won', 'lost') or (is_sent_back and has_reason)
    union all
    select
        'lead' as subject_type,
        subject_code,
        'assigned' as event,
        owned_from as occurred_at
    from owners
    where subject_type = 'lead'
        and not is_queue
        and not is_automation
        and (
            department in ('sales', 'unknown')
            or department in (select department from assigned_departments)
        )
    union all
    select
        'ticket' as subject_type,
        ticket_code as subject_code,
        'ticket_opened' as event,
        created_at as occurred_at
    from tickets
    -- Of a ticket that is over, and nobody says since when, no clock can be read.
    where ticket_code not in (select ticket_code from states where is_done and not is_time_known)
    union all
    select
        'ticket' as subject_type,
        ticket_code as subject_code,
        'first_resolved' as event,
        min(started_at) as occurred_at
    from states
    where is_done
    group by ticket_code
    union all
    -- The resolution that stands: nothing was opened again after it.
    select
        'ticket' as subject_type,
        ticket_code as subject_code,
        'resolved' as event,
        min(started_at) as occurred_at
    from states
    where is_done and state_number > coalesce(last_open_number, 0)
    group by ticket_code
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
where occurred_at is not null
group by subject_type, subject_code, event, occurred_at

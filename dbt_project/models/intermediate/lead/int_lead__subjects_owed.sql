-- Grain: one row per lead or ticket toward which the service-level agreement holds, with its
-- calendar, and until when: a record that is deleted or merged into another owes nothing more.
-- Only records that stand count towards volumes and shares (is_counted).
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }} where not is_inferred
),

tickets as (
    select * from {{ ref('int_lead__tickets_dated') }}
),

subjects as (
    select
        'lead' as subject_type,
        lead_code as subject_code,
        calendar_code,
        time_zone,
        not is_deleted and merged_into_lead_code is null as is_counted,
        updated_at
    from leads
    union all
    select
        'ticket' as subject_type,
        ticket_code as subject_code,
        calendar_code,
        time_zone,
        not is_deleted as is_counted,
        updated_at
    from tickets
)

select
    subject_type,
    subject_code,
    calendar_code,
    time_zone,
    is_counted,
    case when not is_counted then updated_at end as ended_at
from subjects

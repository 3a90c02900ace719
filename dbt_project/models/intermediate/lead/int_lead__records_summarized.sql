-- Grain: one row per lead, with what its records tell together: when somebody first tried to reach
-- the person and first did, and why sales rejected it (in its own words, else a duplicate's).
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }}
),

duplicates as (
    select * from {{ ref('int_lead__duplicates_found') }}
),

taken as (
    select * from {{ ref('int_lead__actions_taken') }} where subject_type = 'lead'
),

parts as (
    select
        lead_code,
        lead_code as record_code
    from leads
    union all
    select
        duplicate_of_lead_code as lead_code,
        lead_code as record_code
    from duplicates
),

actions as (
    select
        parts.lead_code,
        min(case when taken.is_attempt then taken.occurred_at end) as first_attempt_at,
        min(case when taken.is_contact then taken.occurred_at end) as first_contact_at
    from parts
    inner join taken on parts.record_code = taken.subject_code
    group by parts.lead_code
),

reasons as (
    select
        parts.lead_code,
        coalesce(
            min(case when parts.lead_code = parts.record_code then leads.rejection_reason end),
            min(leads.rejection_reason)
        ) as rejection_reason
    from parts
    inner join leads on parts.record_code = leads.lead_code
    group by parts.lead_code
)

select
    reasons.lead_code,
    actions.first_attempt_at,
    actions.first_contact_at,
    reasons.rejection_reason
from reasons
left join actions on reasons.lead_code = actions.lead_code

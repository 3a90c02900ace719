-- Grain: one row per lead or ticket toward which the service-level agreement holds: not deleted, not
-- merged into another. Where the market has no working hours of its own the company's count.
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }}
),

tickets as (
    select * from {{ ref('int_lead__tickets_dated') }}
)

select
    'lead' as subject_type,
    lead_code as subject_code,
    calendar_code,
    time_zone
from leads
where not is_inferred and not is_deleted and merged_into_lead_code is null
union all
select
    'ticket' as subject_type,
    ticket_code as subject_code,
    calendar_code,
    time_zone
from tickets
where not is_deleted

-- Grain: one row per lead or ticket, commitment that has a clock or asks for fields, and cycle: how
-- often it began anew. It begins when the start event first happens, and again when it happens after the lead was
-- rejected, recycled, lost or won; a status that is only set twice, or back and forth, begins
-- nothing. The version is that of the day of the start in the record's market, and so are scope
-- and score. What ends a cycle must lie after what closed the cycle before (after_at) and before
-- the next one starts (superseded_at).
with

milestones as (
    select * from {{ ref('int_lead__milestones_reached') }}
),

subjects as (
    select * from {{ ref('int_lead__subjects_owed') }}
),

commitments as (
    select * from {{ source('company', 'sla_commitment') }}
    where measure in ('time', 'completeness')
),

versions as (
    select * from {{ ref('int_lead__lead_versions_dated') }}
),

-- When the lead was last closed before each time: events with the same one are of one cycle.
times as (
    select
        subject_code,
        occurred_at,
        max(case when event in ('rejected', 'recycled', 'lost', 'won') then occurred_at end)
            as closed_at
    from milestones
    group by subject_code, occurred_at
),

closings as (
    select
        subject_code,
        occurred_at,
        max(closed_at) over (
            partition by subject_code order by occurred_at
            rows between unbounded preceding and 1 preceding
        ) as after_at
    from times
),

cycles as (
    select
        milestones.subject_type,
        milestones.subject_code,
        milestones.event,
        closings.after_at,
        min(milestones.occurred_at) as started_at
    from milestones
    inner join closings
        on milestones.subject_code = closings.subject_code
        and milestones.occurred_at = closings.occurred_at
    where milestones.event in (select start_event from commitments)
    group by
        milestones.subject_type,
        milestones.subject_code,
        milestones.event,
        closings.after_at
),

dated as (
    select
        cycles.*,
        subjects.calendar_code,
        subjects.market_code,
        subjects.lead_source,
        subjects.channel_code,
        subjects.ended_at,
        versions.version_number as lead_version_number,
        versions.score,
        {{ business_date('cycles.started_at', 'subjects.time_zone') }} as started_date,
        lead(cycles.started_at) over (
            partition by cycles.subject_code, cycles.event order by cycles.started_at
        ) as superseded_at
    from cycles
    inner join subjects
        on cycles.subject_type = subjects.subject_type
        and cycles.subject_code = subjects.subject_code
    left join versions
        on cycles.subject_code = versions.lead_code
        and cycles.started_at >= versions.valid_from
        and cycles.started_at < versions.valid_to
)

select
    dated.subject_type,
    dated.subject_code,
    commitments.commitment_code,
    commitments.version,
    row_number() over (
        partition by dated.subject_code, commitments.commitment_code
        order by dated.started_at, commitments.version
    ) as cycle_number,
    commitments.measure,
    commitments.owed_by,
    case
        when commitments.clock = 'calendar' then 'always'
        else coalesce(commitments.calendar, dated.calendar_code)
    end as calendar_code,
    commitments.pauses as is_pausable,
    dated.lead_version_number,
    dated.after_at,
    dated.started_at,
    dated.started_date,
    dated.superseded_at,
    dated.ended_at
from dated
inner join commitments
    on dated.event = commitments.start_event
    and dated.started_date >= commitments.valid_from
    and dated.started_date < commitments.valid_to
    and {{ sla_holds_for('commitments', 'dated') }}

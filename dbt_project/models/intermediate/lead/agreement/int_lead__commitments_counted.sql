-- Grain: one row per commitment version and month in which something of it happened: how many
-- started in the month and what became of them, and how many events count towards a volume. A
-- share counts those that reached the end event at any time; a lead that was rejected, lost or won
-- without it is out, any other may still reach it and is running. Volumes and shares count a person
-- once, when it first happened to any of his records, and no deleted ones; clocks count each time
-- they started.
with

commitments as (
    select * from {{ ref('dim_sla_commitment') }}
),

clocks as (
    select * from {{ ref('int_lead__clocks_run') }}
),

turns as (
    select * from {{ ref('int_lead__clock_turns_summarized') }}
),

checks as (
    select * from {{ ref('int_lead__completeness_checked') }}
),

milestones as (
    select * from {{ ref('int_lead__milestones_reached') }}
),

subjects as (
    select * from {{ ref('int_lead__subjects_owed') }}
),

versions as (
    select * from {{ ref('int_lead__lead_versions_dated') }}
),

duplicates as (
    select
        lead_code,
        min(duplicate_of_lead_code) as counted_code
    from {{ ref('int_lead__duplicates_found') }}
    group by lead_code
),

-- A duplicate's life is that of the lead that counts for it.
parts as (
    select
        subjects.subject_code,
        coalesce(duplicates.counted_code, subjects.subject_code) as counted_code
    from subjects
    left join duplicates on subjects.subject_code = duplicates.lead_code
),

closed as (
    select parts.counted_code
    from {{ ref('int_lead__stages_entered') }} as entries
    inner join parts on entries.lead_code = parts.subject_code
    where entries.is_last
    group by parts.counted_code
    having count(case when entries.stage not in ('rejected', 'lost', 'won') then 1 end) = 0
),

first_milestones as (
    select
        parts.counted_code as subject_code,
        milestones.subject_code as record_code,
        milestones.event,
        milestones.occurred_at,
        subjects.market_code,
        subjects.lead_source,
        subjects.channel_code,
        {{ business_date('milestones.occurred_at', 'subjects.time_zone') }} as occurred_date,
        row_number() over (
            partition by parts.counted_code, milestones.event
            order by milestones.occurred_at, milestones.subject_code
        ) as event_number
    from milestones
    inner join parts on milestones.subject_code = parts.subject_code
    inner join subjects on parts.counted_code = subjects.subject_code
    where subjects.is_counted
        and milestones.event in (
            select commitments.start_event from commitments where commitments.measure = 'share'
            union
            select commitments.end_event from commitments
            where commitments.measure in ('share', 'volume')
        )
),

scored_milestones as (
    select
        first_milestones.*,
        versions.score
    from first_milestones
    left join versions
        on first_milestones.record_code = versions.lead_code
        and first_milestones.occurred_at >= versions.valid_from
        and first_milestones.occurred_at < versions.valid_to
    where first_milestones.event_number = 1
),

timed as (
    select
        commitments.sla_commitment_key,
        clocks.started_date as counted_date,
        clocks.status,
        turns.breach_owner_type,
        clocks.business_minutes,
        greatest(clocks.business_minutes - clocks.target_minutes, 0)
            as overdue_business_minutes
    from clocks
    inner join commitments
        on clocks.commitment_code = commitments.commitment_code
        and clocks.version = commitments.version
    left join turns
        on clocks.subject_code = turns.subject_code
        and clocks.commitment_code = turns.commitment_code
        and clocks.cycle_number = turns.cycle_number
),

checked as (
    select
        commitments.sla_commitment_key,
        checks.started_date as counted_date,
        checks.status,
        null as breach_owner_type,
        null as business_minutes,
        null as overdue_business_minutes
    from checks
    inner join commitments
        on checks.commitment_code = commitments.commitment_code
        and checks.version = commitments.version
),

shared as (
    select
        commitments.sla_commitment_key,
        started.occurred_date as counted_date,
        case
            when ended.subject_code is not null then 'met'
            when closed.counted_code is not null then 'breached'
            else 'running'
        end as status,
        null as breach_owner_type,
        null as business_minutes,
        null as overdue_business_minutes
    from commitments
    inner join scored_milestones as started
        on commitments.start_event = started.event
        and started.occurred_date >= commitments.valid_from
        and started.occurred_date < commitments.valid_to
        and {{ sla_holds_for('commitments', 'started') }}
    left join scored_milestones as ended
        on started.subject_code = ended.subject_code
        and commitments.end_event = ended.event
    left join closed on started.subject_code = closed.counted_code
    where commitments.measure = 'share'
),

counted as (
    select
        commitments.sla_commitment_key,
        ended.occurred_date as counted_date,
        'achieved' as status,
        null as breach_owner_type,
        null as business_minutes,
        null as overdue_business_minutes
    from commitments
    inner join scored_milestones as ended
        on commitments.end_event = ended.event
        and ended.occurred_date >= commitments.valid_from
        and ended.occurred_date < commitments.valid_to
        and {{ sla_holds_for('commitments', 'ended') }}
    where commitments.measure = 'volume'
),

unioned as (
    select * from timed
    union all
    select * from checked
    union all
    select * from shared
    union all
    select * from counted
),

judged as (
    select
        *,
        case when status in ('met', 'breached') then business_minutes end as judged_minutes
    from unioned
)

select
    sla_commitment_key,
    cast({{ dbt.date_trunc('month', 'counted_date') }} as date) as month_date,
    count(case when status in ('met', 'breached', 'running') then 1 end) as started_count,
    count(case when status = 'met' then 1 end) as met_count,
    count(case when status = 'breached' then 1 end) as breached_count,
    count(case when status = 'running' then 1 end) as running_count,
    count(case when status = 'cancelled' then 1 end) as cancelled_count,
    count(case when status = 'unknown' then 1 end) as unknown_count,
    count(case when status = 'achieved' then 1 end) as achieved_count,
    count(case when status = 'breached' and breach_owner_type = 'system' then 1 end)
        as system_breach_count,
    {{ quantile_of('judged_minutes', 0.5) }} as p50_business_minutes,
    {{ quantile_of('judged_minutes', 0.9) }} as p90_business_minutes,
    {{ quantile_of('judged_minutes', 0.95) }} as p95_business_minutes,
    -- added as decimals, so that the sum does not depend on the order of the rows
    cast(sum(cast(overdue_business_minutes as decimal(18, 4))) as double)
        as overdue_business_minutes
from judged
group by sla_commitment_key, cast({{ dbt.date_trunc('month', 'counted_date') }} as date)

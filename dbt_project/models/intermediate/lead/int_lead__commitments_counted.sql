-- Grain: one row per commitment version and month in which something of it happened: how many
-- started in the month and what became of them, and how many events count towards a volume. A
-- share counts those that reached the end event at any time; a lead that was rejected, lost or won
-- without it is out, any other may still reach it and is running. Volumes and shares count a person once, when it
-- first happened, and no deleted or merged record; clocks count each time they started.
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

started as (
    select * from {{ ref('int_lead__commitments_started') }}
    where measure = 'share' and is_counted and cycle_number = 1
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

closed as (
    select lead_code from {{ ref('int_lead__stages_entered') }}
    where is_last and stage in ('rejected', 'lost', 'won')
),

first_milestones as (
    select
        milestones.subject_code,
        milestones.event,
        min(subjects.market_code) as market_code,
        min(subjects.lead_source) as lead_source,
        min(subjects.channel_code) as channel_code,
        min(milestones.occurred_at) as occurred_at,
        {{ business_date('min(milestones.occurred_at)', 'min(subjects.time_zone)') }}
            as occurred_date
    from milestones
    inner join subjects
        on milestones.subject_type = subjects.subject_type
        and milestones.subject_code = subjects.subject_code
    where subjects.is_counted
    group by milestones.subject_code, milestones.event
),

scored_milestones as (
    select
        first_milestones.*,
        versions.score
    from first_milestones
    left join versions
        on first_milestones.subject_code = versions.lead_code
        and first_milestones.occurred_at >= versions.valid_from
        and first_milestones.occurred_at < versions.valid_to
    where first_milestones.event in (
        select commitments.end_event from commitments where commitments.measure = 'volume'
    )
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
        started.started_date as counted_date,
        case
            when ended.subject_code is not null then 'met'
            when closed.lead_code is not null then 'breached'
            else 'running'
        end as status,
        null as breach_owner_type,
        null as business_minutes,
        null as overdue_business_minutes
    from started
    inner join commitments
        on started.commitment_code = commitments.commitment_code
        and started.version = commitments.version
    left join first_milestones as ended
        on started.subject_code = ended.subject_code
        and commitments.end_event = ended.event
    left join closed on started.subject_code = closed.lead_code
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
    count(case when status = 'achieved' then 1 end) as achieved_count,
    count(case when status = 'breached' and breach_owner_type = 'system' then 1 end)
        as system_breach_count,
    percentile_cont(0.5) within group (order by judged_minutes) as p50_business_minutes,
    percentile_cont(0.9) within group (order by judged_minutes) as p90_business_minutes,
    percentile_cont(0.95) within group (order by judged_minutes) as p95_business_minutes,
    -- added as decimals, so that the sum does not depend on the order of the rows
    cast(sum(cast(overdue_business_minutes as decimal(18, 4))) as double)
        as overdue_business_minutes
from judged
group by sla_commitment_key, cast({{ dbt.date_trunc('month', 'counted_date') }} as date)

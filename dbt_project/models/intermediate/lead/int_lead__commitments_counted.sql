-- Grain: one row per commitment version and month in which something of it happened: how many
-- started in the month and what became of them, and how many events count towards a volume. A
-- share counts those that reached the end event at any time after they started; it is still
-- running where they have not, since they may. Deleted and merged records count for no volume and
-- no share.
with

commitments as (
    select * from {{ ref('dim_sla_commitment') }}
),

clocks as (
    select * from {{ ref('int_lead__clocks_run') }}
),

milestones as (
    select * from {{ ref('int_lead__milestones_reached') }}
),

subjects as (
    select * from {{ ref('int_lead__subjects_owed') }}
),

first_milestones as (
    select
        milestones.subject_type,
        milestones.subject_code,
        milestones.event,
        min(milestones.occurred_at) as occurred_at,
        {{ business_date('min(milestones.occurred_at)', 'min(subjects.time_zone)') }}
            as occurred_date
    from milestones
    inner join subjects
        on milestones.subject_type = subjects.subject_type
        and milestones.subject_code = subjects.subject_code
    where subjects.is_counted
    group by milestones.subject_type, milestones.subject_code, milestones.event
),

timed as (
    select
        commitments.sla_commitment_key,
        clocks.started_date as counted_date,
        clocks.status,
        clocks.business_minutes,
        greatest(clocks.business_minutes - clocks.target_minutes, 0)
            as overdue_business_minutes
    from clocks
    inner join commitments
        on clocks.commitment_code = commitments.commitment_code
        and clocks.version = commitments.version
),

shared as (
    select
        commitments.sla_commitment_key,
        started.occurred_date as counted_date,
        case when ended.subject_code is not null then 'met' else 'running' end as status,
        null as business_minutes,
        null as overdue_business_minutes
    from commitments
    inner join first_milestones as started
        on commitments.start_event = started.event
        and started.occurred_date >= commitments.valid_from
        and started.occurred_date < commitments.valid_to
    left join first_milestones as ended
        on started.subject_type = ended.subject_type
        and started.subject_code = ended.subject_code
        and commitments.end_event = ended.event
    where commitments.measure = 'share'
),

counted as (
    select
        commitments.sla_commitment_key,
        ended.occurred_date as counted_date,
        'achieved' as status,
        null as business_minutes,
        null as overdue_business_minutes
    from commitments
    inner join first_milestones as ended
        on commitments.end_event = ended.event
        and ended.occurred_date >= commitments.valid_from
        and ended.occurred_date < commitments.valid_to
    where commitments.measure = 'volume'
),

unioned as (
    select * from timed
    union all
    select * from shared
    union all
    select * from counted
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
    median(business_minutes) as median_business_minutes,
    -- added as decimals, so that the sum does not depend on the order of the rows
    cast(sum(cast(overdue_business_minutes as decimal(18, 4))) as double)
        as overdue_business_minutes
from unioned
group by sla_commitment_key, cast({{ dbt.date_trunc('month', 'counted_date') }} as date)

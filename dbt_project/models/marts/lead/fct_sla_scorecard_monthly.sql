-- Grain: one row per commitment version and month in which it holds, from the company's first
-- month to the month the data speaks of; months in which nothing happened are there, with zeros.
-- Periodic snapshot; late data restates the month that it belongs to.
with

commitments as (
    select * from {{ ref('dim_sla_commitment') }} where measure <> 'unmeasured'
),

counts as (
    select * from {{ ref('int_lead__commitments_counted') }}
),

spans as (
    select * from {{ ref('int_lead__months_spanned') }}
),

months as (
    select distinct month_start_date as month_date from {{ ref('dim_date') }}
),

scored as (
    select
        commitments.*,
        months.month_date,
        coalesce(counts.started_count, 0) as started_count,
        coalesce(counts.met_count, 0) as met_count,
        coalesce(counts.breached_count, 0) as breached_count,
        coalesce(counts.running_count, 0) as running_count,
        coalesce(counts.cancelled_count, 0) as cancelled_count,
        coalesce(counts.achieved_count, 0) as achieved_count,
        counts.median_business_minutes,
        coalesce(counts.overdue_business_minutes, 0) as overdue_business_minutes
    from commitments
    cross join spans
    inner join months
        on months.month_date between spans.first_month and spans.last_month
        and months.month_date < commitments.valid_to
        and {{ dbt.dateadd('month', 1, 'months.month_date') }} > commitments.valid_from
    left join counts
        on commitments.sla_commitment_key = counts.sla_commitment_key
        and months.month_date = counts.month_date
),

attained as (
    select
        *,
        case measure
            when 'time' then 100.0 * met_count / nullif(met_count + breached_count, 0)
            when 'share' then 100.0 * met_count / nullif(started_count, 0)
            when 'volume' then 100.0 * achieved_count / nullif(target_count, 0)
        end as attainment_pct
    from scored
)

select
    {{ surrogate_key(['sla_commitment_key', 'month_date']) }} as sla_scorecard_key,
    sla_commitment_key,
    commitment_code,
    kind,
    owed_by,
    owed_to,
    measure,
    month_date,
    cast({{ date_key('month_date') }} as integer) as month_date_key,
    started_count,
    met_count,
    breached_count,
    running_count,
    cancelled_count,
    achieved_count,
    cast(attainment_pct as double) as attainment_pct,
    target_pct,
    target_count,
    case
        when measure = 'volume' then achieved_count >= target_count
        else attainment_pct >= target_pct
    end as is_attained,
    cast(median_business_minutes as double) as median_business_minutes,
    cast(overdue_business_minutes as double) as overdue_business_minutes
from attained

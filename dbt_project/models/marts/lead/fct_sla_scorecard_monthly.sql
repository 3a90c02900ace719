-- Grain: one row per commitment version and month in which it holds, from the company's first
-- month to the month the data speaks of; months in which nothing happened are there, with zeros.
-- Periodic snapshot; late data restates the month that it belongs to. Percentiles are of clocks
-- that were met or breached: one that is breached and still open counts with its minutes so far,
-- one that is running or cancelled doesn't count.
with

commitments as (
    select * from {{ ref('dim_sla_commitment') }} where measure <> 'unmeasured'
),

counts as (
    select * from {{ ref('int_lead__commitments_counted') }}
),

amounts as (
    select * from {{ ref('int_lead__amounts_reached') }}
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
        months.month_date < spans.last_month as is_month_over,
        coalesce(counts.started_count, 0) as started_count,
        coalesce(counts.met_count, 0) as met_count,
        coalesce(counts.breached_count, 0) as breached_count,
        coalesce(counts.running_count, 0) as running_count,
        coalesce(counts.cancelled_count, 0) as cancelled_count,
        coalesce(counts.unknown_count, 0) as unknown_count,
        coalesce(counts.achieved_count, amounts.achieved_count, 0) as achieved_count,
        case when commitments.measure = 'amount' then coalesce(amounts.achieved_amount, 0) end
            as achieved_amount,
        counts.p50_business_minutes,
        counts.p90_business_minutes,
        counts.p95_business_minutes,
        coalesce(counts.overdue_business_minutes, 0) as overdue_business_minutes,
        coalesce(counts.system_breach_count, 0) as system_breach_count
    from commitments
    cross join spans
    inner join months
        on months.month_date between spans.first_month and spans.last_month
        and months.month_date < commitments.valid_to
        and {{ dbt.dateadd('month', 1, 'months.month_date') }} > commitments.valid_from
    left join counts
        on commitments.sla_commitment_key = counts.sla_commitment_key
        and months.month_date = counts.month_date
    left join amounts
        on commitments.sla_commitment_key = amounts.sla_commitment_key
        and months.month_date = amounts.month_date
),

attained as (
    select
        *,
        case
            when measure in ('time', 'completeness')
                then 100.0 * met_count / nullif(met_count + breached_count, 0)
            when measure = 'share' then 100.0 * met_count / nullif(started_count, 0)
            when measure = 'volume' then 100.0 * achieved_count / nullif(target_count, 0)
            when measure = 'amount' then 100.0 * achieved_amount / nullif(target_amount, 0)
        end as attainment_pct
    from scored
)

select
    {{ surrogate_key(['sla_commitment_key', 'month_date']) }} as sla_scorecard_key,
    sla_commitment_key,
    commitment_code,
    version,
    kind,
    side,
    owed_by,
    owed_to,
    measure,
    month_date,
    cast({{ date_key('month_date') }} as integer) as month_date_key,
    is_month_over,
    started_count,
    met_count,
    breached_count,
    running_count,
    cancelled_count,
    unknown_count,
    system_breach_count,
    achieved_count,
    cast(achieved_amount as double) as achieved_amount,
    cast(attainment_pct as double) as attainment_pct,
    target_pct,
    target_count,
    target_amount,
    case
        when measure = 'volume' and achieved_count >= target_count then true
        when measure = 'amount' and achieved_amount >= target_amount then true
        when measure in ('volume', 'amount') then case when is_month_over then false end
        when measure = 'share' and attainment_pct < target_pct
            and 100.0 * (met_count + running_count) / started_count >= target_pct then null
        else attainment_pct >= target_pct
    end as is_attained,
    cast(p50_business_minutes as double) as p50_business_minutes,
    cast(p90_business_minutes as double) as p90_business_minutes,
    cast(p95_business_minutes as double) as p95_business_minutes,
    cast(overdue_business_minutes as double) as overdue_business_minutes
from attained

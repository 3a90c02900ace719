-- Grain: one row per pair of stages that leads went through (from the first time in one to the
-- first time in a later one) and month of arrival in the later one; to_stage '(next)' is the time
-- of each stay in a stage until it was left, whatever came next. Periodic snapshot over counted
-- leads; rebuilt whole. Pairs without both times, and those that came in reverse order, are counted
-- and not timed. Where the arrival has no known time the month is 1900-01-01.
with

firsts as (
    select * from {{ ref('int_lead__stages_timed') }}
),

entries as (
    select * from {{ ref('fct_lead_stage') }} where is_counted and stage <> 'unmapped'
),

leads as (
    select * from {{ ref('fct_lead') }} where is_counted
),

zones as (
    select
        lead_code,
        time_zone
    from {{ ref('int_lead__leads_unioned') }}
),

pairs as (
    {{ stage_pairs('firsts', 'lead_key') }}
),

passages as (
    select
        pairs.from_stage,
        pairs.from_stage_rank,
        pairs.to_stage,
        pairs.to_stage_rank,
        later.entered_date as arrived_date,
        pairs.days_between,
        (later.open_seconds - earlier.open_seconds) / 3600.0 as business_hours_between
    from pairs
    inner join firsts as earlier
        on pairs.lead_key = earlier.lead_key and pairs.from_stage = earlier.stage
    inner join firsts as later
        on pairs.lead_key = later.lead_key and pairs.to_stage = later.stage
    union all
    select
        entries.stage as from_stage,
        entries.stage_rank as from_stage_rank,
        '(next)' as to_stage,
        {{ lead_stage_rank("'(next)'") }} as to_stage_rank,
        {{ business_date('entries.left_at', 'zones.time_zone') }} as arrived_date,
        entries.minutes_in_stage / 1440.0 as days_between,
        entries.business_minutes_in_stage / 60.0 as business_hours_between
    from entries
    inner join leads on entries.lead_key = leads.lead_key
    inner join zones on leads.lead_id = zones.lead_code
    where entries.entry_number < leads.stage_entry_count
),

judged as (
    select
        *,
        cast({{ dbt.date_trunc(
            'month', "coalesce(arrived_date, cast('1900-01-01' as date))"
        ) }} as date) as month_start_date,
        case when days_between >= 0 then days_between end as days_taken,
        case when days_between >= 0 then business_hours_between end as business_hours_taken
    from passages
)

select
    {{ surrogate_key(['month_start_date', 'from_stage', 'to_stage']) }} as lead_velocity_key,
    month_start_date,
    cast({{ date_key('month_start_date') }} as integer) as month_date_key,
    from_stage,
    cast(from_stage_rank as integer) as from_stage_rank,
    to_stage,
    cast(to_stage_rank as integer) as to_stage_rank,
    count(*) as passage_count,
    count(days_taken) as timed_count,
    count(case when days_between < 0 then 1 end) as reversed_count,
    count(*) - count(days_between) as undated_count,
    {{ quantile_of('days_taken', 0.5) }} as median_days,
    {{ quantile_of('days_taken', 0.9) }} as p90_days,
    {{ mean_of('days_taken') }} as mean_days,
    {{ quantile_of('business_hours_taken', 0.5) }} as median_business_hours,
    {{ quantile_of('business_hours_taken', 0.9) }} as p90_business_hours,
    {{ mean_of('business_hours_taken') }} as mean_business_hours
from judged
group by
    month_start_date,
    from_stage,
    from_stage_rank,
    to_stage,
    to_stage_rank

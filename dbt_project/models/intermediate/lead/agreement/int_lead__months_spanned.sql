-- Grain: one row: the first and last month on which the service-level agreement is scored: from
-- the company's first day, or the first lead or ticket if that is earlier, to the time the data
-- speaks of, by the calendar of the market that is furthest on: where the last evening in UTC is
-- the next month's first morning, clocks start in that month.
with

companies as (
    select * from {{ source('company', 'company') }}
),

milestones as (
    select min({{ business_date('reached.occurred_at', 'subjects.time_zone') }}) as first_date
    from {{ ref('int_lead__milestones_reached') }} as reached
    inner join {{ ref('int_lead__subjects_owed') }} as subjects
        on reached.subject_type = subjects.subject_type
        and reached.subject_code = subjects.subject_code
),

zones as (
    select time_zone from {{ ref('int_lead__subjects_owed') }}
    union
    select 'UTC' as time_zone
),

as_of as (
    select max({{ business_date('known.as_of_at', 'zones.time_zone') }}) as last_date
    from {{ ref('int_lead__as_of') }} as known
    cross join zones
)

select
    cast(
        {{ dbt.date_trunc(
            'month',
            'least(companies.start_date, coalesce(milestones.first_date, companies.start_date))'
        ) }} as date
    ) as first_month,
    cast({{ dbt.date_trunc('month', 'as_of.last_date') }} as date) as last_month
from companies
cross join milestones
cross join as_of

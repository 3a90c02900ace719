-- Grain: one row: the first and last month on which the service-level agreement is scored: from
-- the company's first day, or the first lead or ticket if that is earlier, to the time the data
-- speaks of.
with

companies as (
    select * from {{ source('company', 'company') }}
),

milestones as (
    select min(occurred_at) as first_at from {{ ref('int_lead__milestones_reached') }}
),

as_of as (
    select * from {{ ref('int_lead__as_of') }}
)

select
    cast(
        {{ dbt.date_trunc(
            'month',
            'least(companies.start_date, coalesce(cast(milestones.first_at as date), '
            ~ 'companies.start_date))'
        ) }} as date
    ) as first_month,
    cast({{ dbt.date_trunc('month', 'as_of.as_of_at') }} as date) as last_month
from companies
cross join milestones
cross join as_of

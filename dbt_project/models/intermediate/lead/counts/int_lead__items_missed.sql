-- Grain: one row per department, measure and lead that the warehouse counts in a month of which the
-- department speaks, and the department in none; with the cause, the first that applies. A list is
-- asked for what it should have named: by the month in which the department's rule dates the lead.
with

reports as (
    select * from {{ ref('int_lead__counts_reported') }}
),

rules as (
    select * from {{ source('company', 'department_count') }}
),

markets as (
    select * from {{ source('company', 'market') }}
),

companies as (
    select * from {{ source('company', 'company') }}
),

entries as (
    select * from {{ ref('int_lead__stages_first_entered') }} where is_counted
),

leads as (
    select * from {{ ref('int_lead__leads_standing') }}
),

claims as (
    select * from {{ ref('int_lead__claims_matched') }} where person_number = 1
),

missed as (
    select
        reports.department,
        reports.measure,
        reports.basis,
        reports.month_date,
        entries.lead_key,
        entries.entered_date_key,
        coalesce(rules.dated_by, 'entered') as dated_by,
        rules.as_of,
        case rules.dated_by
            when 'captured' then leads.captured_at
            when 'left' then entries.left_at
            else entries.entered_at
        end as dated_at,
        coalesce(rules.time_zone, markets.time_zone, companies.time_zone) as time_zone,
        leads.is_inferred,
        leads.current_stage,
        leads.first_received_date,
        leads.system_since_date
    from entries
    inner join reports
        on entries.measure = reports.measure and entries.month_date = reports.month_date
    inner join leads on entries.lead_key = leads.lead_key
    cross join companies
    left join markets on leads.market_code = markets.market_code
    left join rules on reports.department = rules.department and reports.measure = rules.measure
    left join claims
        on reports.department = claims.department
        and entries.measure = claims.measure
        and entries.lead_key = claims.standing_lead_key
    where claims.claim_code is null
),

dated as (
    select
        *,
        {{ business_date('dated_at', 'time_zone') }} as dated_on
    from missed
)

select
    dated.department,
    dated.measure,
    dated.basis,
    dated.month_date,
    dated.lead_key,
    case
        when dated.basis = 'list' and dated.is_inferred and dated.dated_by = 'captured'
            then 'without_lead'
        when dated.dated_by = 'left' and dated.dated_at is null then 'still_in_stage'
        when dated.basis = 'list' and not coalesce(asked.has_report, false) then 'no_list'
        when dated.basis = 'list' and asked.listed_units = 0 and asked.side_count > 0
            then 'not_listed'
        when dated.basis = 'list' and (
            dated.dated_on > asked.reported_date
            or {{ date_key('asked.reported_date') }} < dated.entered_date_key
            or (
                dated.first_received_date > asked.reported_date
                and dated.system_since_date <= asked.reported_date
            )
        ) then 'late'
        when dated.is_inferred then 'without_lead'
        when dated.basis = 'list' then 'missing_in_report'
        when dated.as_of = 'current_status' and dated.current_stage = 'unmapped' then 'unmapped'
        when dated.as_of = 'current_status' then 'left_stage'
        else 'missing_in_report'
    end as cause
from dated
left join reports as asked
    on dated.department = asked.department
    and dated.measure = asked.measure
    and cast({{ dbt.date_trunc('month', 'dated.dated_on') }} as date) = asked.month_date

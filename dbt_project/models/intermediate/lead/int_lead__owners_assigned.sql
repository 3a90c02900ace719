-- Grain: one row per lead or ticket and period with one owner, a person or a queue. The owner
-- before the first tracked change held since the start; the last one holds on. Ids of queues
-- begin with 00G.
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }}
),

cases as (
    select * from {{ ref('stg_salesforce__cases') }}
),

lead_history as (
    select * from {{ ref('stg_salesforce__lead_history') }} where field = 'owner'
),

case_history as (
    select * from {{ ref('stg_salesforce__case_history') }} where field = 'owner'
),

users as (
    select * from {{ ref('stg_salesforce__users') }}
),

departments as (
    select * from {{ ref('int_lead__departments_dated') }}
),

subjects as (
    select
        'lead' as subject_type,
        lead_code as subject_code,
        captured_at as started_at,
        employee_code
    from leads
    where not is_inferred
    union all
    select
        'ticket' as subject_type,
        'salesforce.case:' || case_id as subject_code,
        created_at as started_at,
        employee_code
    from cases
),

history as (
    select
        'salesforce.lead:' || lead_id as subject_code,
        change_id,
        old_value,
        new_value,
        changed_at
    from lead_history
    union all
    select
        'salesforce.case:' || case_id as subject_code,
        change_id,
        old_value,
        new_value,
        changed_at
    from case_history
),

-- Salesforce tells each change of owner twice, by name and by id: the ids are read.
changes_by_id as (
    select
        *,
        row_number() over (partition by subject_code order by changed_at, change_id)
            as change_number
    from history
    where substr(new_value, 1, 3) in ('005', '00G')
        or new_value in (select user_id from users)
),

starts as (
    select
        subjects.subject_type,
        subjects.subject_code,
        coalesce('salesforce:' || changes_by_id.old_value, subjects.employee_code) as owner_code,
        subjects.started_at as owned_from,
        0 as owner_number
    from subjects
    left join changes_by_id
        on subjects.subject_code = changes_by_id.subject_code
        and changes_by_id.change_number = 1
    union all
    select
        subjects.subject_type,
        subjects.subject_code,
        'salesforce:' || changes_by_id.new_value as owner_code,
        changes_by_id.changed_at as owned_from,
        changes_by_id.change_number as owner_number
    from subjects
    inner join changes_by_id on subjects.subject_code = changes_by_id.subject_code
),

periods as (
    select
        *,
        coalesce(
            lead(owned_from) over (partition by subject_code order by owner_number),
            timestamp '9999-12-31 00:00:00'
        ) as owned_to
    from starts
)

select
    periods.subject_type,
    periods.subject_code,
    periods.owner_number,
    periods.owner_code,
    periods.owner_code like 'salesforce:00G%' as is_queue,
    coalesce(departments.department, 'unknown') as department,
    periods.owned_from,
    periods.owned_to
from periods
left join departments
    on periods.owner_code = departments.employee_code
    and periods.owned_from >= departments.valid_from
    and periods.owned_from < departments.valid_to
where periods.owner_code is not null

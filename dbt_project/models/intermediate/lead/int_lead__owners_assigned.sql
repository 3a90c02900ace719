-- Grain: one row per lead or ticket and period with one owner: a person, a queue, or a program
-- (is_automation). The owner before the first tracked change held since the start; the last one
-- holds on. A generic CRM's history that tells no owner before its first change says that there was
-- none. Salesforce's ids of queues begin with 00G.
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }}
),

tickets as (
    select * from {{ ref('int_lead__tickets_unioned') }}
),

history as (
    select * from {{ ref('int_lead__changes_unioned') }}
    where record_kind in ('lead', 'ticket') and field = 'owner'
),

queues as (
    select employee_code from {{ ref('int_lead__employees_unioned') }}
    where is_current and is_queue
),

departments as (
    select * from {{ ref('int_lead__departments_dated') }}
),

automations as (
    select * from {{ ref('int_lead__automations_named') }}
),

subjects as (
    select
        'lead' as subject_type,
        lead_code as subject_code,
        system,
        captured_at as started_at,
        employee_code
    from leads
    where not is_inferred
    union all
    select
        'ticket' as subject_type,
        ticket_code as subject_code,
        system,
        created_at as started_at,
        employee_code
    from tickets
),

changes as (
    select
        record_code as subject_code,
        old_value,
        new_value,
        changed_at,
        row_number() over (partition by record_code order by changed_at, change_id)
            as change_number
    from history
),

starts as (
    select
        subjects.subject_type,
        subjects.subject_code,
        case when changes.subject_code is null or subjects.system = 'salesforce'
            then coalesce(changes.old_value, subjects.employee_code)
            else changes.old_value
        end as owner_code,
        subjects.started_at as owned_from,
        0 as owner_number
    from subjects
    left join changes
        on subjects.subject_code = changes.subject_code
        and changes.change_number = 1
    union all
    select
        subjects.subject_type,
        subjects.subject_code,
        changes.new_value as owner_code,
        changes.changed_at as owned_from,
        changes.change_number as owner_number
    from subjects
    inner join changes on subjects.subject_code = changes.subject_code
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
    periods.owner_code like 'salesforce:00G%'
    or periods.owner_code in (select employee_code from queues) as is_queue,
    automations.employee_code is not null as is_automation,
    coalesce(departments.department, 'unknown') as department,
    periods.owned_from,
    periods.owned_to
from periods
left join departments
    on periods.owner_code = departments.employee_code
    and periods.owned_from >= departments.valid_from
    and periods.owned_from < departments.valid_to
left join automations on periods.owner_code = automations.employee_code
where periods.owner_code is not null

-- Grain: one row per piece of work that an employee did on a ticket, seen by the customer or not:
-- answers, internal notes, calls and e-mails. What machines send is no work. The department is
-- the employee's of that day.
with

messages as (
    select * from {{ ref('int_lead__messages_unioned') }}
    where employee_code is not null and not is_automatic
),

actions as (
    select * from {{ ref('int_lead__actions_taken') }}
    where subject_type = 'ticket' and action_id not like 'comment:%'
),

departments as (
    select * from {{ ref('int_lead__departments_dated') }}
),

work as (
    select
        ticket_code,
        'comment:' || message_id as work_id,
        employee_code,
        sent_at as done_at,
        is_published as is_seen_by_customer
    from messages
    union all
    select
        subject_code as ticket_code,
        action_id as work_id,
        employee_code,
        occurred_at as done_at,
        is_contact as is_seen_by_customer
    from actions
)

select
    work.ticket_code,
    work.work_id,
    work.employee_code,
    work.done_at,
    work.is_seen_by_customer,
    coalesce(departments.department, 'unknown') as department
from work
left join departments
    on work.employee_code = departments.employee_code
    and work.done_at >= departments.valid_from
    and work.done_at < departments.valid_to

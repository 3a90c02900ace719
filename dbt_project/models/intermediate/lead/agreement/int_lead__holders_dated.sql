-- Grain: one row per lead or ticket and period with one holder, without gaps: the owner, a person,
-- a queue or a program (automation); nobody, where the CRM names no owner; and not_arrived, while
-- the record had happened but was not in the CRM yet.
with

subjects as (
    select * from {{ ref('int_lead__subjects_owed') }}
),

owners as (
    select * from {{ ref('int_lead__owners_assigned') }} where owned_to > owned_from
),

ordered_owners as (
    select
        *,
        lag(owned_to) over (partition by subject_code order by owned_from) as previous_to,
        row_number() over (partition by subject_code order by owned_from desc) = 1 as is_last
    from owners
),

held as (
    select
        subject_type,
        subject_code,
        case
            when is_queue then 'queue'
            when is_automation then 'automation'
            else 'person'
        end as holder_type,
        owner_code as employee_code,
        department,
        owned_from as held_from,
        owned_to as held_to
    from ordered_owners
    union all
    select
        subject_type,
        subject_code,
        case when previous_to is null then 'not_arrived' else 'nobody' end as holder_type,
        null as employee_code,
        null as department,
        coalesce(previous_to, timestamp '1900-01-01 00:00:00') as held_from,
        owned_from as held_to
    from ordered_owners
    where coalesce(previous_to, timestamp '1900-01-01 00:00:00') < owned_from
    union all
    select
        subject_type,
        subject_code,
        'nobody' as holder_type,
        null as employee_code,
        null as department,
        owned_to as held_from,
        timestamp '9999-12-31 00:00:00' as held_to
    from ordered_owners
    where is_last and owned_to < timestamp '9999-12-31 00:00:00'
    union all
    select
        subject_type,
        subject_code,
        'nobody' as holder_type,
        null as employee_code,
        null as department,
        timestamp '1900-01-01 00:00:00' as held_from,
        timestamp '9999-12-31 00:00:00' as held_to
    from subjects
    where subject_code not in (select subject_code from owners)
)

select
    subject_type,
    subject_code,
    holder_type,
    employee_code,
    coalesce(department, 'unknown') as department,
    held_from,
    held_to,
    row_number() over (partition by subject_code order by held_from) as holder_number
from held

-- Grain: one row per employee and period in one department. The first known department holds for
-- the time before it; periods don't overlap and have no gaps.
with

versions as (
    select * from {{ ref('int_lead__employees_unioned') }}
),

compared as (
    select
        employee_code,
        department,
        updated_at,
        lag(department) over (partition by employee_code order by updated_at) as department_before,
        row_number() over (partition by employee_code order by updated_at) as version_number
    from versions
),

changes as (
    select
        employee_code,
        department,
        version_number,
        updated_at
    from compared
    where version_number = 1 or department is distinct from department_before
)

select
    employee_code,
    department,
    case when version_number = 1 then timestamp '1900-01-01 00:00:00' else updated_at end
        as valid_from,
    coalesce(
        lead(updated_at) over (partition by employee_code order by updated_at),
        timestamp '9999-12-31 00:00:00'
    ) as valid_to
from changes

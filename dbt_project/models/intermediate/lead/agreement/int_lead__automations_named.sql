-- Grain: one row per user code that is a program, as its system says or the company (automation_users):
-- what lies with it waits for a person, and what it does is no answer. A pattern that is a code
-- itself stands for users of whom no list tells.
with

users as (
    select
        employee_code,
        full_name,
        email,
        is_automation
    from {{ ref('int_lead__employees_unioned') }}
),

patterns as (
    select pattern from {{ source('company', 'automation_user') }}
),

named as (
    select users.employee_code
    from users
    inner join patterns
        on {{ matches_pattern('users.employee_code', "'^(' || patterns.pattern || ')$'") }}
        or {{ matches_pattern('users.full_name', "'^(' || patterns.pattern || ')$'") }}
        or {{ matches_pattern('users.email', "'^(' || patterns.pattern || ')$'") }}
    union
    select employee_code from users where is_automation
    union
    select pattern as employee_code from patterns
)

select employee_code from named

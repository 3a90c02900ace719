-- Grain: one row per user code that is a program, as the company names them (automation_users): what
-- lies with it waits for a person, and what it does is no answer. A pattern that is a code itself
-- stands for users of whom no list tells.
with

users as (
    select
        employee_code,
        full_name,
        email
    from {{ ref('stg_salesforce__user_versions') }}
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
    select pattern as employee_code from patterns
)

select employee_code from named

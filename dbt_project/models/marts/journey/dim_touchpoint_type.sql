{#
    Grain: kind of contact: those that the project knows, as the company sees them, and those that
    the company adds. Type 1: as the rules say today. A kind that only contacts mention is an
    inferred member; the audit asks to name it in company.yaml before anything is published.
#}
with types as (
    select * from {{ source('company', 'touchpoint_type') }}
),

mentioned as (
    select distinct touchpoint_type from {{ ref('fct_touchpoint') }}
),

members as (
    select
        touchpoint_type,
        touchpoint_type_name,
        description,
        department,
        default_intent,
        default_stage,
        initiated_by,
        is_engagement,
        defined_by
    from types
    union all
    select
        touchpoint_type, touchpoint_type, 'Known from contacts alone', null, null, null, 'person',
        true, 'nobody'
    from mentioned
    where touchpoint_type not in (select touchpoint_type from types)
)

select
    {{ surrogate_key(['touchpoint_type']) }} as touchpoint_type_key,
    touchpoint_type,
    touchpoint_type_name,
    description,
    coalesce(department, 'as the channel') as department,
    coalesce(default_intent, 'as the channel') as default_intent,
    coalesce(default_stage, 'as the channel') as default_stage,
    initiated_by,
    is_engagement,
    defined_by,
    defined_by = 'nobody' as is_inferred
from members
union all
select
    {{ unknown_key() }}, 'unknown', 'Unknown', 'No contact is of this kind', 'unknown', 'unknown',
    'unknown', 'unknown', false, 'project', false

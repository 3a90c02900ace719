-- Grain: one row per tracked change of a lead's, deal's or ticket's status, stage or owner. Late
-- rows take their own time. Where the CRM does not send what was before, the change before tells.
with

changes as (
    {{
        latest_version(
            source('crm', 'change'),
            ['_source', 'lower(trim(record_type))', 'trim(record_id)', 'lower(trim(field))',
             'changed_at', 'trim(new_value)']
        )
    }}
),

named as (
    select
        lower(trim(record_type)) as record_kind,
        'crm.' || lower(trim(record_type)) || ':' || _source || '/' || trim(record_id)
            as record_code,
        lower(trim(field)) as field,
        nullif(trim(old_value), '') as old_value,
        nullif(trim(new_value), '') as new_value,
        changed_at,
        {{ crm_employee_code('changed_by') }} as changed_by_code,
        _source as source_name,
        _load_id as load_id
    from changes
),

followed as (
    select
        *,
        lag(new_value) over (
            partition by record_code, field order by changed_at, new_value nulls first
        ) as value_before
    from named
)

select
    record_code || '/' || field || '/' || cast(changed_at as {{ dbt.type_string() }})
        || coalesce('/' || new_value, '') as change_id,
    record_kind,
    record_code,
    field,
    coalesce(old_value, value_before) as old_value,
    new_value,
    changed_at,
    changed_by_code,
    source_name,
    load_id
from followed

-- Grain: one row of a department's list of the leads that it counts, or of a total that it states
-- (no lead_reference); a row with columns for months or measures is one for each. The newest load that speaks of a source's measure and month replaces what
-- earlier loads said of it.
with

counted as (
    select
        _source as source_name,
        lower(trim(department)) as department,
        lower(trim(measure)) as measure,
        cast({{ dbt.date_trunc('month', 'month') }} as date) as month_date,
        nullif(trim(lead_reference), '') as lead_reference,
        counted_on as counted_date,
        coalesce(count, 1) as stated_count,
        coalesce(reported_on, cast(_received_at as date)) as reported_date,
        _file as file_name,
        _row as row_number,
        _load_id as load_id,
        cast(_load_id as {{ dbt.type_string() }}) || ':' || cast(_row as {{ dbt.type_string() }})
        || ':' || cast(month as {{ dbt.type_string() }}) || ':' || measure as claim_code
    from {{ source('report', 'counted_lead') }}
)

{{ newest_load('counted', ['source_name', 'department', 'measure', 'month_date']) }}

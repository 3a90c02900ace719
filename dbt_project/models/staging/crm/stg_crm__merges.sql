-- Grain: one row per record that was merged into another, by the newest merge.
with

merges as (
    {{
        latest_version(
            source('crm', 'merge'),
            ['_source', 'lower(trim(record_type))', 'trim(record_id)'], ['merged_at']
        )
    }}
)

select
    lower(trim(record_type)) as record_kind,
    'crm.' || lower(trim(record_type)) || ':' || _source || '/' || trim(record_id) as record_code,
    'crm.' || lower(trim(record_type)) || ':' || _source || '/' || trim(into_record_id)
        as merged_into_code,
    merged_at,
    _source as source_name,
    _load_id as load_id
from merges
where trim(record_id) <> trim(into_record_id)

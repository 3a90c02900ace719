-- Grain: one row per two records that belong together. Markets are named by their code alone.
with

links as (
    {{
        latest_version(
            source('crm', 'link'),
            ['_source', 'lower(trim(from_type))', 'trim(from_id)', 'lower(trim(to_type))',
             'trim(to_id)']
        )
    }}
)

select
    lower(trim(from_type)) as from_kind,
    'crm.' || lower(trim(from_type)) || ':' || _source || '/' || trim(from_id) as from_code,
    lower(trim(to_type)) as to_kind,
    case lower(trim(to_type))
        when 'market' then upper(trim(to_id))
        else 'crm.' || lower(trim(to_type)) || ':' || _source || '/' || trim(to_id)
    end as to_code,
    coalesce(is_primary, false) as is_primary,
    _source as source_name,
    _load_id as load_id
from links

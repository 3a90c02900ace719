-- Grain: one row per answer or note on a case.
with

comments as (
    {{ latest_version(source('salesforce', 'case_comment'), ['id']) }}
)

select
    id as comment_id,
    parent_id as case_id,
    nullif(trim(created_by_id), '') as created_by_id,
    'salesforce:' || nullif(trim(created_by_id), '') as employee_code,
    coalesce(is_published, false) as is_published,
    coalesce(is_automatic_c, false) as is_automatic,
    nullif(trim(channel_c), '') as channel,
    lower(nullif(trim(topic_c), '')) as topic,
    lower(nullif(trim(answer_code_c), '')) as answer_code,
    created_date as commented_at,
    _load_id as load_id
from comments

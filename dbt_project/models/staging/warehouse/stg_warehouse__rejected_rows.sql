-- Grain: one row per rejected row and rule that it broke, of current loads and refused files.
with

rejected as (
    select * from {{ source('quarantine', 'rejected_row') }}
)

select
    _source as feed_source,
    _table as feed_table,
    _source || '/' || _table as feed_name,
    _file as file_name,
    _row as row_number,
    _load_id as load_id,
    rule as rule_name,
    reason
from rejected

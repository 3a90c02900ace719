-- Grain: one row per rejected row, and one per refused file, of what is current.
with

rejected as (
    select * from {{ source('quarantine', 'rejected_row') }}
)

select
    feed_source,
    feed_table,
    feed_source || '/' || feed_table as feed_name,
    _file as file_name,
    _row as row_number,
    _load_id as load_id,
    _received_at as received_at,
    rule as rule_name,
    rules as rule_names,
    reason
from rejected

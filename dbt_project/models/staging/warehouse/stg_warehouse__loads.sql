-- Grain: one row per load of a file. A later load of the same period supersedes the earlier one;
-- both stay, and is_current tells which one counts.
with

loads as (
    select * from {{ source('bronze', 'load') }}
)

select
    load_id,
    layout_source,
    layout_table,
    feed_source,
    feed_table,
    feed_source || '/' || feed_table as feed_name,
    file_name,
    sha256,
    bytes,
    sender,
    period,
    {{ period_start('period') }} as period_start_date,
    received_at,
    loaded_at,
    rows_read,
    rows_loaded,
    rows_rejected,
    rows_not_of_feed,
    is_current,
    is_snapshot,
    status,
    superseded_by_load_id,
    message
from loads

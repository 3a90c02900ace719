-- Grain: one row per feed, file and rule that rows or the file broke. Rows that a later file of the
-- same period supersedes leave with it.
with

rejected as (
    select * from {{ ref('stg_warehouse__rejected_rows') }}
),

loads as (
    select * from {{ ref('stg_warehouse__loads') }}
),

counted as (
    select
        feed_name,
        file_name,
        rule_name,
        load_id,
        min(received_at) as received_at,
        count(*) as rejected_rows,
        min(row_number) as first_row_number,
        min(reason) as example_reason
    from rejected
    group by feed_name, file_name, rule_name, load_id
),

quarantine_summary as (
    select
        {{ surrogate_key([
            'counted.feed_name', 'counted.file_name', 'counted.rule_name', 'counted.load_id'
        ]) }} as quarantine_summary_key,
        counted.feed_name,
        counted.file_name,
        counted.rule_name,
        counted.load_id,
        counted.received_at,
        coalesce(loads.status, 'unknown') as load_status,
        counted.rejected_rows,
        coalesce(loads.rows_read, 0) as file_rows_read,
        counted.first_row_number,
        counted.example_reason
    from counted
    left join loads on counted.load_id = loads.load_id
)

select * from quarantine_summary

-- Grain: one row per source and month of its files: that of the period that the file's name tells,
-- of its arrival where it tells none. What a later file superseded counts as a file, its rows no
-- more. A row is late if its business day lies more days before the file's period than the company
-- allows; full lists (snapshots) and files without a period have no late rows.
{% set month -%}
    cast({{ dbt.date_trunc(
        'month', 'coalesce(loads.period_start_date, cast(loads.received_at as date))'
    ) }} as date)
{%- endset %}
with

loads as (
    select * from {{ ref('stg_warehouse__loads') }}
),

load_days as (
    select * from {{ ref('stg_warehouse__load_days') }}
),

rejected as (
    select * from {{ ref('stg_warehouse__rejected_rows') }}
),

trust as (
    select * from {{ source('company', 'source_trust') }}
),

duplicates as (
    select
        load_id,
        count(distinct row_number) as duplicate_rows
    from rejected
    where ', ' || rule_names || ', ' like '%, duplicate_key, %'
    group by load_id
),

days as (
    select
        load_days.load_id,
        loads.period_start_date is not null and not loads.is_snapshot as is_dated,
        max(load_days.business_date) as newest_business_date,
        sum(load_days.row_count) as row_count,
        sum(
            case
                when {{ days_between('load_days.business_date', 'loads.period_start_date') }}
                    > trust.late_after_days
                    then load_days.row_count
                else 0
            end
        ) as late_rows
    from load_days
    inner join loads on load_days.load_id = loads.load_id
    cross join trust
    group by
        load_days.load_id,
        loads.period_start_date is not null and not loads.is_snapshot
)

select
    loads.feed_source as source_name,
    {{ month }} as month_date,
    count(*) as file_count,
    sum(case when loads.status = 'refused' then 1 else 0 end) as refused_file_count,
    sum(case when loads.is_current then loads.rows_read else 0 end) as rows_read,
    sum(case when loads.is_current then loads.rows_loaded else 0 end) as rows_loaded,
    sum(case when loads.is_current then loads.rows_rejected else 0 end) as rows_rejected,
    sum(case when loads.is_current then coalesce(duplicates.duplicate_rows, 0) else 0 end)
        as duplicate_rows,
    sum(case when days.is_dated then days.row_count else 0 end) as dated_rows,
    sum(case when days.is_dated then days.late_rows else 0 end) as late_rows,
    max(days.newest_business_date) as newest_business_date
from loads
left join duplicates on loads.load_id = duplicates.load_id
left join days on loads.load_id = days.load_id
group by loads.feed_source, {{ month }}

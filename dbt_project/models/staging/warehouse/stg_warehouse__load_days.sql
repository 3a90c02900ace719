-- Grain: one row per current load and business day. Tables without a business day have none here.
with

load_days as (
    select * from {{ source('bronze', 'load_day') }}
),

loads as (
    select * from {{ ref('stg_warehouse__loads') }}
)

select
    load_days.load_id,
    load_days.business_date,
    load_days.row_count
from load_days
inner join loads on load_days.load_id = loads.load_id
where loads.is_current
    and load_days.row_count > 0
    and load_days.business_date > date '1900-01-01'

{{ config(materialized='view') }}
{#
    Grain: device and order that was placed on it, as the web told of both. An order ties a device
    to its buyer only where nobody logged in on the device and all its orders give one e-mail
    address: what several people share must not merge them.
#}
with sessions as (
    select * from {{ ref('int_journey__events_sessionized') }}
),

orders as (
    select * from {{ ref('stg_shopify__orders') }}
    where record_id is not null
        and not is_test
),

logins as (
    select distinct record_id
    from sessions
    where user_record_id is not null
),

placed as (
    select
        sessions.record_id as device_record_id,
        orders.record_id as order_record_id,
        coalesce(orders.email, orders.record_id) as buyer,
        min(sessions.started_at) as first_seen_at,
        max(sessions.ended_at) as last_seen_at
    from sessions
    inner join orders on sessions.transaction_id = orders.order_name
    group by sessions.record_id, orders.record_id, coalesce(orders.email, orders.record_id)
),

one_buyer as (
    select device_record_id
    from placed
    where device_record_id not in (select record_id from logins)
    group by device_record_id
    having count(distinct buyer) = 1
),

int_journey__device_orders as (
    select
        placed.device_record_id,
        placed.order_record_id,
        placed.first_seen_at,
        placed.last_seen_at
    from placed
    inner join one_buyer on placed.device_record_id = one_buyer.device_record_id
)

select * from int_journey__device_orders

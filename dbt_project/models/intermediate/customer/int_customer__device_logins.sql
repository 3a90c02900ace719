{#
    Grain: device and account that was logged in on it; the account is null for the visits without
    a login. Devices that only machines or colleagues used are left out.
#}
with sessions as (
    select * from {{ ref('int_journey__events_sessionized') }}
),

int_customer__device_logins as (
    select
        record_id,
        user_record_id,
        count(*) as sessions,
        min(market_code) as market_code,
        min(started_at) as first_seen_at,
        max(ended_at) as last_seen_at,
        max(load_id) as load_id,
    from sessions
    where excluded_because is null
    group by record_id, user_record_id
)

select * from int_customer__device_logins

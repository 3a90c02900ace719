-- Grain: one row per business day, channel and market, from its first ticket to the day the data
-- speaks of: tickets open at the start, opened, re-opened and closed, open at the end; opening +
-- opened + reopened - closed = closing, and each day opens with what the day before closed with.
-- Periodic snapshot, rebuilt whole: a late ticket changes every day since it was opened. Deleted
-- tickets are left out.
with

moves as (
    select * from {{ ref('int_lead__ticket_moves_dated') }}
),

as_of as (
    select {{ business_date('as_of_at', 'companies.time_zone') }} as last_date
    from {{ ref('int_lead__as_of') }}
    cross join {{ source('company', 'company') }} as companies
),

bounds as (
    select
        channel_key,
        market_code,
        min(moved_date) as first_date,
        greatest(max(moved_date), max(as_of.last_date)) as last_date
    from moves
    cross join as_of
    group by channel_key, market_code
),

numbered as (
    select
        *,
        {{ each_number('0', dbt.datediff('first_date', 'last_date', 'day')) }} as day_number
    from bounds
),

days as (
    select
        channel_key,
        market_code,
        {{ days_after('first_date', 'day_number') }} as snapshot_date
    from numbered
),

moved as (
    select
        channel_key,
        market_code,
        moved_date,
        sum(opened) as opened,
        sum(reopened) as reopened,
        sum(closed) as closed,
        sum(unanswered) as unanswered,
        sum(paused) as paused
    from moves
    group by channel_key, market_code, moved_date
),

summed as (
    select
        days.channel_key,
        days.market_code,
        days.snapshot_date,
        coalesce(moved.opened, 0) as opened,
        coalesce(moved.reopened, 0) as reopened,
        coalesce(moved.closed, 0) as closed,
        sum(coalesce(moved.opened + moved.reopened - moved.closed, 0)) over along as closing,
        sum(coalesce(moved.unanswered, 0)) over along as unanswered,
        sum(coalesce(moved.paused, 0)) over along as paused
    from days
    left join moved
        on days.channel_key = moved.channel_key
        and days.market_code = moved.market_code
        and days.snapshot_date = moved.moved_date
    window along as (
        partition by days.channel_key, days.market_code
        order by days.snapshot_date
        rows between unbounded preceding and current row
    )
)

select
    snapshot_date,
    cast({{ date_key('snapshot_date') }} as integer) as date_key,
    channel_key,
    market_code,
    {{ whole('closing - opened - reopened + closed') }} as opening_count,
    {{ whole('opened') }} as opened_count,
    {{ whole('reopened') }} as reopened_count,
    {{ whole('closed') }} as closed_count,
    {{ whole('closing') }} as closing_count,
    {{ whole('unanswered') }} as unanswered_count,
    {{ whole('paused') }} as paused_count
from summed

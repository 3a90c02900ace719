-- Grain: one row per month, stage, lead source, channel and market in which a counted lead was.
-- Periodic snapshot: opening + entered - left = closing, so that a month's closing is the next
-- one's opening, and the last closing is where the leads stand. Months are those of the market's
-- time zone. Entries without a known time stand in month 1900-01-01; what was left at a time that
-- nobody knows stays in the closing and is counted in left_undated_count. Rebuilt whole.
with

leads as (
    select * from {{ ref('fct_lead') }} where is_counted
),

entries as (
    select * from {{ ref('fct_lead_stage') }} where is_counted
),

zones as (
    select
        lead_code,
        time_zone
    from {{ ref('int_lead__leads_unioned') }}
),

as_of as (
    select as_of_at from {{ ref('int_lead__as_of') }}
),

moves as (
    select
        entries.stage,
        entries.stage_rank,
        leads.lead_source,
        leads.channel_key,
        leads.market_code,
        entries.entry_number < leads.stage_entry_count as is_left,
        cast({{ dbt.date_trunc('month', business_date('entries.entered_at', 'zones.time_zone')) }}
            as date) as entered_period,
        cast({{ dbt.date_trunc('month', business_date('entries.left_at', 'zones.time_zone')) }}
            as date) as left_period
    from entries
    inner join leads on entries.lead_key = leads.lead_key
    inner join zones on leads.lead_id = zones.lead_code
),

{# The last month is that of the market where it is latest, or of an entry from the future. #}
last_days as (
    select {{ business_date('as_of.as_of_at', 'zones.time_zone') }} as last_day
    from as_of
    cross join (select distinct time_zone from zones) as zones
    union all
    select greatest(entered_period, coalesce(left_period, entered_period)) as last_day from moves
),

spanned as (
    select
        (select min(entered_period) from moves) as first_day,
        (select max(last_day) from last_days) as last_day
),

periods as (
    select distinct cast({{ dbt.date_trunc('month', 'day') }} as date) as period
    from (
        {{ day_series(
            '(select coalesce(first_day, last_day) from spanned)', '(select last_day from spanned)'
        ) }}
    ) as days
),

flows as (
    {{ stage_flows(
        'moves', 'periods',
        ['stage', 'stage_rank', 'lead_source', 'channel_key', 'market_code'],
        "cast('1900-01-01' as date)"
    ) }}
)

select
    {{ surrogate_key(['period', 'stage', 'lead_source', 'channel_key', 'market_code']) }}
        as lead_stage_month_key,
    period as month_start_date,
    cast({{ date_key('period') }} as integer) as month_date_key,
    stage,
    stage_rank,
    lead_source,
    channel_key,
    market_code,
    opening_count,
    entered_count,
    left_count,
    closing_count,
    left_undated_count
from flows

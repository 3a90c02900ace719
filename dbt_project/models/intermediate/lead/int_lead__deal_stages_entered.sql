-- Grain: one row per entry of a lead's deals, taken together, into a stage. A lead with several
-- deals is won while one of them is won, and lost only when none is open or won any more. History
-- tells of reopened deals; where it has none, the deal's own times count. A closing that is dated
-- before the deal was opened counts from the opening. Times that nobody knows come last.
with

deals as (
    select * from {{ ref('int_lead__deals_unioned') }}
),

history as (
    select * from {{ ref('int_lead__opportunity_stages_entered') }}
),

entries as (
    select
        deal_code,
        'opportunity' as stage,
        null as status,
        opened_at as entered_at,
        employee_code as changed_by_code,
        0 as said_by,
        null as change_id
    from deals
    where opened_at is not null
    union all
    select
        deal_code,
        stage,
        status,
        entered_at,
        changed_by_code,
        1 as said_by,
        change_id
    from history
    union all
    select
        deal_code,
        stage,
        null as status,
        closed_at as entered_at,
        employee_code as changed_by_code,
        2 as said_by,
        null as change_id
    from deals
),

ordered as (
    select
        entries.*,
        deals.lead_code,
        case when entries.entered_at < deals.opened_at then deals.opened_at
            else entries.entered_at end as ordered_at
    from entries
    inner join deals on entries.deal_code = deals.deal_code
),

numbered as (
    select
        *,
        row_number() over (
            partition by deal_code order by ordered_at nulls last, said_by, change_id
        ) as entry_number
    from ordered
),

together as (
    select
        *,
        row_number() over (
            partition by lead_code order by ordered_at nulls last, entry_number, deal_code
        ) as event_number
    from numbered
),

events as (
    select
        *,
        lead(event_number) over (partition by deal_code order by event_number)
            as next_event_number
    from together
),

standing as (
    {{ stages_standing('events', 'lead_code') }}
),

compared as (
    select
        *,
        lag(standing_stage) over (partition by lead_code order by event_number) as previous_stage
    from standing
)

select
    lead_code,
    deal_code,
    standing_stage as stage,
    standing_status as status,
    entered_at as stated_at,
    ordered_at as entered_at,
    changed_by_code,
    row_number() over (partition by lead_code order by event_number) as entry_number
from compared
where previous_stage is distinct from standing_stage

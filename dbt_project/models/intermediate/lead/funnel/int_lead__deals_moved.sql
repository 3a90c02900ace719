-- Grain: one row per entry of a deal into a stage in the CRM's own words, re-entries included. The
-- first stage is the one that the first tracked change left; a deal without history is known by
-- what it is today, and was in stage 'unknown' before it closed. Where the last change says another
-- stage than the deal itself (a change that was not tracked), the deal's own closing counts, else
-- nobody knows since when. What is dated before the opening counts from it. Rebuilt whole.
with

deals as (
    select
        *,
        coalesce(stage_name, case when stage in ('won', 'lost') then stage end, 'unknown')
            as stage_words
    from {{ ref('int_lead__deals_unioned') }}
),

history as (
    select
        entries.deal_code,
        entries.status as stage_words,
        entries.stage,
        entries.entered_at,
        changes.old_value as words_before,
        row_number() over (
            partition by entries.deal_code order by entries.entered_at, entries.change_id
        ) as change_number,
        row_number() over (
            partition by entries.deal_code order by entries.entered_at desc, entries.change_id desc
        ) = 1 as is_last
    from {{ ref('int_lead__opportunity_stages_entered') }} as entries
    inner join {{ ref('int_lead__changes_unioned') }} as changes
        on entries.deal_code = changes.record_code
        and entries.change_id = changes.change_id
        and changes.record_kind = 'deal'
        and changes.field = 'stage'
),

events as (
    select
        deals.deal_code,
        case
            when history.deal_code is not null
                then coalesce(history.words_before, history.stage_words)
            when deals.stage in ('won', 'lost') then 'unknown'
            else deals.stage_words
        end as stage,
        'open' as outcome,
        deals.opened_at as entered_at,
        0 as said_order
    from deals
    left join history on deals.deal_code = history.deal_code and history.change_number = 1
    where deals.opened_at is not null
        or (history.deal_code is null and deals.stage not in ('won', 'lost'))
    union all
    select
        history.deal_code,
        history.stage_words as stage,
        case
            when history.is_last and lower(history.stage_words) = lower(deals.stage_words)
                then {{ lead_outcome('deals.stage') }}
            else {{ lead_outcome('history.stage') }}
        end as outcome,
        case when history.entered_at < deals.opened_at then deals.opened_at
            else history.entered_at end as entered_at,
        history.change_number as said_order
    from history
    inner join deals on history.deal_code = deals.deal_code
    union all
    select
        deals.deal_code,
        deals.stage_words as stage,
        {{ lead_outcome('deals.stage') }} as outcome,
        case when deals.stage in ('won', 'lost')
            then greatest(deals.closed_at, deals.opened_at, history.entered_at) end as entered_at,
        coalesce(history.change_number, 0) + 1 as said_order
    from deals
    left join history on deals.deal_code = history.deal_code and history.is_last
    where (history.deal_code is null and deals.stage in ('won', 'lost'))
        or lower(history.stage_words) <> lower(deals.stage_words)
),

ranked as (
    select
        *,
        case outcome when 'open' then 6 when 'won' then 7 else 8 end as stage_rank
    from events
),

moves as (
    {{ stage_moves('ranked', 'deal_code') }}
)

select
    deal_code,
    entry_number,
    stage,
    stage_rank,
    outcome,
    entered_at,
    left_at,
    stage_entry_number,
    is_last
from moves

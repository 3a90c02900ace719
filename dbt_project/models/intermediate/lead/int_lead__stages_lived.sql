-- Grain: one row per entry of a lead into a stage, over all its records: a lead that counts for
-- duplicates stands where the furthest of its records stands, and has ended when all have. A
-- merged record speaks until it was merged. A duplicate keeps the life of its own record.
with

entries as (
    select * from {{ ref('int_lead__stages_entered') }}
),

duplicates as (
    select * from {{ ref('int_lead__duplicates_found') }}
),

merges as (
    select * from {{ ref('int_lead__merges_followed') }}
),

parts as (
    select
        lead_code,
        duplicate_of_lead_code as whole_code
    from duplicates
    union all
    select distinct
        duplicate_of_lead_code as lead_code,
        duplicate_of_lead_code as whole_code
    from duplicates
),

said as (
    select
        parts.whole_code,
        entries.lead_code,
        entries.entry_number,
        entries.stage,
        entries.status,
        entries.changed_by_code,
        entries.entered_at,
        entries.stated_at
    from parts
    inner join entries on parts.lead_code = entries.lead_code
    left join merges on entries.lead_code = merges.record_id
    where merges.record_id is null or entries.entered_at <= merges.merged_at
    union all
    select
        parts.whole_code,
        parts.lead_code,
        999999999 as entry_number,
        'merged' as stage,
        null as status,
        null as changed_by_code,
        merges.merged_at as entered_at,
        merges.merged_at as stated_at
    from parts
    inner join merges on parts.lead_code = merges.record_id
),

together as (
    select
        *,
        row_number() over (
            partition by whole_code order by entered_at nulls last, entry_number, lead_code
        ) as event_number
    from said
),

events as (
    select
        *,
        lead(event_number) over (partition by whole_code, lead_code order by event_number)
            as next_event_number
    from together
),

standing as (
    {{ stages_standing('events', 'whole_code') }}
),

compared as (
    select
        *,
        lag(standing_stage) over (partition by whole_code order by event_number)
            as previous_stage
    from standing
    where standing_stage <> 'merged'
),

lives as (
    select
        whole_code as lead_code,
        lead_code as record_code,
        event_number as said_order,
        standing_stage as stage,
        standing_status as status,
        changed_by_code,
        entered_at,
        stated_at
    from compared
    where previous_stage is distinct from standing_stage
    union all
    select
        lead_code,
        lead_code as record_code,
        entry_number as said_order,
        stage,
        status,
        changed_by_code,
        entered_at,
        stated_at
    from entries
    where lead_code not in (select duplicate_of_lead_code from duplicates)
)

select
    lead_code,
    record_code,
    stage,
    {{ lead_stage_rank('stage') }} as stage_rank,
    status,
    lag(stage) over (partition by lead_code order by said_order) as previous_stage,
    changed_by_code,
    entered_at,
    stated_at,
    row_number() over (partition by lead_code order by said_order) as entry_number,
    row_number() over (partition by lead_code, stage order by said_order) as stage_entry_number,
    lead(entered_at) over (partition by lead_code order by said_order) as left_at,
    row_number() over (partition by lead_code order by said_order desc) = 1 as is_last
from lives

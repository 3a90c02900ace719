-- Grain: one row per entry of a lead record into a stage, re-entries included: what its statuses
-- say, then what its deals say. A status that no rule names is stage 'unmapped'. Late history rows
-- take their own place in time. Times that nobody knows are null and come last. What is stated to
-- be before the capture counts from the capture; stated_at keeps what was said. That a lead was
-- converted says nothing more once its deals speak.
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }}
),

deal_entries as (
    select * from {{ ref('int_lead__deal_stages_entered') }}
),

statuses as (
    select * from {{ ref('int_lead__statuses_taken') }}
),

stages as (
    select * from {{ ref('int_lead__stages_named') }} where record_kind = 'lead'
),

deals_begun as (
    select
        lead_code,
        min(entered_at) as first_entered_at
    from deal_entries
    group by lead_code
),

staged_statuses as (
    select
        statuses.*,
        coalesce(of_source.stage, of_system.stage, 'unmapped') as stage
    from statuses
    left join stages as of_source
        on statuses.source_name = of_source.system
        and lower(statuses.status) = of_source.status_key
    left join stages as of_system
        on statuses.system = of_system.system
        and lower(statuses.status) = of_system.status_key
),

entries as (
    select
        lead_code,
        'captured' as stage,
        null as status,
        captured_at as entered_at,
        captured_at as stated_at,
        null as changed_by_code,
        0 as said_by,
        0 as said_number
    from leads
    where not is_inferred
    union all
    select
        statuses.lead_code,
        statuses.stage,
        statuses.status,
        statuses.taken_at as entered_at,
        case when statuses.is_time_known then statuses.taken_at end as stated_at,
        statuses.changed_by_code,
        1 as said_by,
        statuses.status_number as said_number
    from staged_statuses as statuses
    left join deals_begun on statuses.lead_code = deals_begun.lead_code
    where statuses.stage <> 'opportunity'
        or deals_begun.first_entered_at is null
        or statuses.taken_at < deals_begun.first_entered_at
    union all
    select
        lead_code,
        stage,
        status,
        entered_at,
        stated_at,
        changed_by_code,
        2 as said_by,
        entry_number as said_number
    from deal_entries
),

placed as (
    select
        entries.lead_code,
        entries.stage,
        entries.status,
        entries.changed_by_code,
        entries.stated_at,
        case
            when entries.entered_at < leads.captured_at then leads.captured_at
            else entries.entered_at
        end as entered_at,
        entries.said_by,
        entries.said_number
    from entries
    inner join leads on entries.lead_code = leads.lead_code
),

numbered as (
    select
        *,
        row_number() over (
            partition by lead_code order by entered_at nulls last, said_by, said_number
        ) as said_order
    from placed
),

compared as (
    select
        *,
        lag(stage) over (partition by lead_code order by said_order) as previous_stage
    from numbered
),

changes as (
    select * from compared where previous_stage is null or previous_stage <> stage
)

select
    lead_code,
    stage,
    {{ lead_stage_rank('stage') }} as stage_rank,
    status,
    previous_stage,
    changed_by_code,
    entered_at,
    stated_at,
    row_number() over (partition by lead_code order by said_order) as entry_number,
    row_number() over (partition by lead_code, stage order by said_order) as stage_entry_number,
    lead(entered_at) over (partition by lead_code order by said_order) as left_at,
    row_number() over (partition by lead_code order by said_order desc) = 1 as is_last
from changes

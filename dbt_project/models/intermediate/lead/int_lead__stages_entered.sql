-- Grain: one row per entry of a lead into a stage, re-entries included. Statuses come from the
-- lead's history; where it has none, from its versions. A status that no rule names is stage
-- 'unmapped'. Late history rows take their own place in time. Times that nobody knows are null
-- and come last. What is stated to be before the capture counts from the capture; stated_at keeps
-- what was said.
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }}
),

deals as (
    select * from {{ ref('int_lead__deals_unioned') }}
),

opportunity_entries as (
    select * from {{ ref('int_lead__opportunity_stages_entered') }}
),

statuses as (
    select * from {{ ref('int_lead__statuses_taken') }}
),

stages as (
    select * from {{ ref('int_lead__stages_named') }} where record_kind = 'lead'
),

entries as (
    select
        lead_code,
        'captured' as stage,
        null as status,
        captured_at as entered_at,
        null as changed_by_code
    from leads
    where not is_inferred
    union all
    select
        statuses.lead_code,
        coalesce(of_source.stage, of_system.stage, 'unmapped') as stage,
        statuses.status,
        statuses.taken_at as entered_at,
        statuses.changed_by_code
    from statuses
    left join stages as of_source
        on statuses.source_name = of_source.system
        and lower(statuses.status) = of_source.status_key
    left join stages as of_system
        on statuses.system = of_system.system
        and lower(statuses.status) = of_system.status_key
    union all
    select
        deals.lead_code,
        opportunity_entries.stage,
        opportunity_entries.status,
        opportunity_entries.entered_at,
        'salesforce:' || opportunity_entries.changed_by_id as changed_by_code
    from deals
    inner join opportunity_entries
        on deals.deal_code = 'salesforce.opportunity:' || opportunity_entries.opportunity_id
    union all
    select
        lead_code,
        'opportunity' as stage,
        null as status,
        opened_at as entered_at,
        employee_code as changed_by_code
    from deals
    where opened_at is not null or stage = 'opportunity'
    union all
    select
        lead_code,
        stage,
        null as status,
        closed_at as entered_at,
        employee_code as changed_by_code
    from deals
    where stage in ('won', 'lost')
),

ranked as (
    select
        entries.lead_code,
        entries.stage,
        entries.status,
        entries.changed_by_code,
        entries.entered_at as stated_at,
        case
            when entries.entered_at < leads.captured_at then leads.captured_at
            else entries.entered_at
        end as entered_at,
        {{ lead_stage_rank('entries.stage') }} as stage_rank
    from entries
    inner join leads on entries.lead_code = leads.lead_code
),

compared as (
    select
        *,
        lag(stage) over (
            partition by lead_code
            order by entered_at nulls last, stage_rank, status nulls last, changed_by_code
        ) as previous_stage
    from ranked
),

changes as (
    select * from compared where previous_stage is null or previous_stage <> stage
)

select
    lead_code,
    stage,
    stage_rank,
    status,
    previous_stage,
    changed_by_code,
    entered_at,
    stated_at,
    row_number() over (
        partition by lead_code order by entered_at nulls last, stage_rank
    ) as entry_number,
    row_number() over (
        partition by lead_code, stage order by entered_at nulls last
    ) as stage_entry_number,
    lead(entered_at) over (
        partition by lead_code order by entered_at nulls last, stage_rank
    ) as left_at,
    row_number() over (
        partition by lead_code order by entered_at desc nulls first, stage_rank desc
    ) = 1 as is_last
from changes

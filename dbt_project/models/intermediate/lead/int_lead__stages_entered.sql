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

-- Grain: one row per change of a status, stage or owner that two versions of a lead, deal or ticket
-- show, dated by the later version: it happened at some time before. Statuses of Salesforce's leads
-- are compared where statuses are read. Late versions take their own place in time.
with

opportunities as (
    select * from {{ ref('stg_salesforce__opportunity_versions') }}
),

cases as (
    select * from {{ ref('stg_salesforce__case_versions') }}
),

leads as (
    select * from {{ ref('stg_salesforce__lead_versions') }}
),

crm_leads as (
    select * from {{ ref('stg_crm__lead_versions') }}
),

crm_deals as (
    select * from {{ ref('stg_crm__deal_versions') }}
),

crm_tickets as (
    select * from {{ ref('stg_crm__ticket_versions') }}
),

versions as (
    select
        'deal' as record_kind,
        'salesforce.opportunity:' || opportunity_id as record_code,
        'salesforce' as system,
        'salesforce' as source_name,
        'stage' as field,
        stage_name as field_value,
        updated_at,
        load_id
    from opportunities
    union all
    select
        'ticket', 'salesforce.case:' || case_id, 'salesforce', 'salesforce', 'status', status,
        updated_at, load_id
    from cases
    union all
    select
        'ticket', 'salesforce.case:' || case_id, 'salesforce', 'salesforce', 'owner',
        employee_code, updated_at, load_id
    from cases
    union all
    select
        'lead', record_id, 'salesforce', 'salesforce', 'owner', 'salesforce:' || owner_id,
        updated_at, load_id
    from leads
    union all
    select 'lead', record_id, 'crm', source_name, 'status', status, updated_at, load_id
    from crm_leads
    union all
    select 'lead', record_id, 'crm', source_name, 'owner', employee_code, updated_at, load_id
    from crm_leads
    union all
    select 'deal', deal_code, 'crm', source_name, 'stage', stage_name, updated_at, load_id
    from crm_deals
    union all
    select 'ticket', ticket_code, 'crm', source_name, 'status', status, updated_at, load_id
    from crm_tickets
    union all
    select 'ticket', ticket_code, 'crm', source_name, 'owner', employee_code, updated_at, load_id
    from crm_tickets
),

compared as (
    select
        *,
        lag(field_value) over (partition by record_code, field order by updated_at) as old_value,
        row_number() over (partition by record_code, field order by updated_at) as version_number
    from versions
)

select
    record_code || '/' || field || '/' || cast(updated_at as {{ dbt.type_string() }}) as change_id,
    record_kind,
    record_code,
    system,
    source_name,
    field,
    old_value,
    field_value as new_value,
    updated_at as changed_at,
    load_id
from compared
where version_number > 1 and field_value is distinct from old_value

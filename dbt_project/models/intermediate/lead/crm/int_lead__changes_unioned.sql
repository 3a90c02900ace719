-- Grain: one row per tracked change of a lead's or ticket's status, a deal's stage, or the owner
-- of any, in any CRM. Values of an owner are employee codes. Salesforce tells each change of owner
-- twice, by name and by id: the ids are read. Where a record has no history of a field, its
-- versions are compared. Late rows take their own time.
with

users as (
    select * from {{ ref('stg_salesforce__users') }}
),

versions as (
    select * from {{ ref('int_lead__versions_compared') }}
),

crm_changes as (
    select * from {{ ref('stg_crm__changes') }}
),

salesforce_changes as (
    select
        'lead' as record_kind,
        'salesforce.lead:' || lead_id as record_code,
        case field when 'status' then 'status' when 'owner' then 'owner' end as field,
        change_id,
        old_value,
        new_value,
        changed_at,
        changed_by_id,
        load_id
    from {{ ref('stg_salesforce__lead_history') }}
    union all
    select
        'ticket' as record_kind,
        'salesforce.case:' || case_id as record_code,
        case field when 'status' then 'status' when 'owner' then 'owner' end as field,
        change_id,
        old_value,
        new_value,
        changed_at,
        changed_by_id,
        load_id
    from {{ ref('stg_salesforce__case_history') }}
    union all
    select
        'deal' as record_kind,
        'salesforce.opportunity:' || opportunity_id as record_code,
        case field when 'stagename' then 'stage' when 'owner' then 'owner' end as field,
        change_id,
        old_value,
        new_value,
        changed_at,
        changed_by_id,
        load_id
    from {{ ref('stg_salesforce__opportunity_field_history') }}
),

tracked as (
    select
        record_kind,
        record_code,
        'salesforce' as system,
        'salesforce' as source_name,
        field,
        change_id,
        case field when 'owner' then 'salesforce:' || old_value else old_value end as old_value,
        case field when 'owner' then 'salesforce:' || new_value else new_value end as new_value,
        changed_at,
        'salesforce:' || changed_by_id as changed_by_code,
        load_id
    from salesforce_changes
    where field in ('status', 'stage')
        or (
            field = 'owner'
            and (
                substr(new_value, 1, 3) in ('005', '00G')
                or new_value in (select user_id from users)
            )
        )
    union all
    select
        record_kind,
        record_code,
        'crm' as system,
        source_name,
        -- Some call a deal's stage its status, and a lead's or ticket's status its stage.
        case
            when field = 'owner' then 'owner'
            when record_kind = 'deal' then 'stage'
            else 'status'
        end as field,
        change_id,
        case field when 'owner' then 'crm:' || source_name || '/' || old_value else old_value end
            as old_value,
        case field when 'owner' then 'crm:' || source_name || '/' || new_value else new_value end
            as new_value,
        changed_at,
        changed_by_code,
        load_id
    from crm_changes
),

tracked_fields as (
    select distinct
        record_code,
        field
    from tracked
)

select
    record_kind,
    record_code,
    system,
    source_name,
    field,
    change_id,
    old_value,
    new_value,
    changed_at,
    changed_by_code,
    load_id
from tracked
union all
select
    versions.record_kind,
    versions.record_code,
    versions.system,
    versions.source_name,
    versions.field,
    versions.change_id,
    versions.old_value,
    versions.new_value,
    versions.changed_at,
    null as changed_by_code,
    versions.load_id
from versions
left join tracked_fields
    on versions.record_code = tracked_fields.record_code
    and versions.field = tracked_fields.field
where tracked_fields.record_code is null

-- Grain: one row per status that a lead took. The CRM's field history says when; a Salesforce
-- lead without any history shows its versions; where the record's status differs from the last one in
-- its history (a change that was not tracked, or whose row is yet to come), the record's own
-- change counts. A flat CRM export has only today's status: it was taken at capture where it says
-- no more than that the lead is there, else at a time that nobody knows.
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }} where not is_inferred
),

versions as (
    select * from {{ ref('stg_salesforce__lead_versions') }}
),

history as (
    select * from {{ ref('int_lead__changes_unioned') }}
    where record_kind = 'lead' and field = 'status'
),

stages as (
    select * from {{ ref('int_lead__stages_named') }} where record_kind = 'lead'
),

ordered_history as (
    select
        record_code as lead_code,
        old_value,
        new_value,
        changed_at,
        changed_by_code,
        row_number() over (partition by record_code order by changed_at, change_id)
            as change_number,
        row_number() over (partition by record_code order by changed_at desc, change_id desc) = 1
            as is_last
    from history
),

taken as (
    select
        leads.lead_code,
        ordered_history.old_value as status,
        leads.captured_at as taken_at,
        null as changed_by_code
    from ordered_history
    inner join leads on ordered_history.lead_code = leads.lead_code
    where ordered_history.change_number = 1
    union all
    select
        lead_code,
        new_value as status,
        changed_at as taken_at,
        changed_by_code
    from ordered_history
    union all
    select
        leads.lead_code,
        leads.status,
        greatest(leads.updated_at, ordered_history.changed_at) as taken_at,
        null as changed_by_code
    from ordered_history
    inner join leads on ordered_history.lead_code = leads.lead_code
    where ordered_history.is_last
        and lower(leads.status) is distinct from lower(ordered_history.new_value)
    union all
    select
        versions.record_id as lead_code,
        versions.status,
        case
            when versions.updated_at = min(versions.updated_at) over (
                partition by versions.record_id
            ) then versions.created_at
            else versions.updated_at
        end as taken_at,
        null as changed_by_code
    from versions
    where versions.record_id not in (select lead_code from ordered_history)
    union all
    select
        leads.lead_code,
        leads.status,
        case when stages.stage in ('captured', 'engaged', 'mql') then leads.captured_at end
            as taken_at,
        null as changed_by_code
    from leads
    left join stages
        on leads.system = stages.system and lower(leads.status) = stages.status_key
    where leads.system = 'crm'
        and leads.lead_code not in (select lead_code from ordered_history)
)

select
    leads.lead_code,
    leads.system,
    leads.source_name,
    taken.status,
    case
        when taken.taken_at < leads.captured_at then leads.captured_at
        else taken.taken_at
    end as taken_at,
    taken.changed_by_code,
    row_number() over (
        partition by taken.lead_code
        order by taken.taken_at nulls last, taken.status, taken.changed_by_code
    ) as status_number
from taken
inner join leads on taken.lead_code = leads.lead_code
where taken.status is not null

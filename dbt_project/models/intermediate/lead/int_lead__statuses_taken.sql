-- Grain: one row per status that a lead took, repetitions left out. The CRM's field history says
-- when; before it begins, or where there is none, the versions of a Salesforce lead do, else the
-- value that the first change replaced. Where the record's status differs from the last one in
-- its history (a change that was not tracked, or whose row is yet to come), the record's own change
-- counts. A flat CRM export has only today's status. A status that was there when the record was
-- first seen was taken at capture where it says no more than that the lead is there; else nobody
-- knows when (is_time_known), and it stands at the capture, or last where it is all that is known.
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

-- Changes of one instant are a chain: each goes on from the value that the one before set.
chained as (
    select
        one.change_id,
        max(case when lower(other.new_value) = lower(one.old_value) then 1 else 0 end)
            as goes_on_from_other,
        max(case when lower(other.old_value) = lower(one.new_value) then 1 else 0 end)
            as other_goes_on
    from history as one
    inner join history as other
        on one.record_code = other.record_code
        and one.changed_at = other.changed_at
        and one.change_id <> other.change_id
    group by one.change_id
),

instants as (
    select
        record_code,
        changed_at,
        lag(case when count(*) = 1 then min(new_value) end) over (
            partition by record_code order by changed_at
        ) as value_before
    from history
    group by record_code, changed_at
),

ordered_history as (
    select
        history.record_code as lead_code,
        history.old_value,
        history.new_value,
        history.changed_at,
        history.changed_by_code,
        row_number() over (
            partition by history.record_code
            order by
                history.changed_at,
                lower(history.old_value) is distinct from lower(instants.value_before),
                coalesce(chained.goes_on_from_other, 0),
                coalesce(chained.other_goes_on, 0) desc,
                history.change_id
        ) as change_number,
        count(*) over (partition by history.record_code) as change_count
    from history
    inner join instants
        on history.record_code = instants.record_code
        and history.changed_at = instants.changed_at
    left join chained on history.change_id = chained.change_id
),

first_changes as (
    select * from ordered_history where change_number = 1
),

versions_before as (
    select
        versions.record_id as lead_code,
        versions.status,
        versions.created_at,
        versions.updated_at,
        row_number() over (partition by versions.record_id order by versions.updated_at)
            as version_number
    from versions
    left join first_changes on versions.record_id = first_changes.lead_code
    where first_changes.changed_at is null or versions.updated_at < first_changes.changed_at
),

starts as (
    select
        lead_code,
        status,
        updated_at <= {{ dbt.dateadd('minute', 1, 'created_at') }} as is_seen_at_start
    from versions_before
    where version_number = 1
    union all
    select
        lead_code,
        old_value as status,
        false as is_seen_at_start
    from first_changes
    where lead_code not in (select lead_code from versions_before)
    union all
    select
        lead_code,
        status,
        false as is_seen_at_start
    from leads
    where system = 'crm'
        and lead_code not in (select lead_code from first_changes)
),

taken as (
    select
        starts.lead_code,
        starts.status,
        case
            when leads.system <> 'crm'
                or coalesce(of_source.stage, of_system.stage) in ('captured', 'engaged', 'mql')
                or starts.lead_code in (select lead_code from first_changes)
                then leads.captured_at
        end as taken_at,
        starts.is_seen_at_start
        or coalesce(of_source.stage, of_system.stage, '') in ('captured', 'engaged', 'mql')
            as is_time_known,
        null as changed_by_code,
        0 as said_by,
        0 as said_number
    from starts
    inner join leads on starts.lead_code = leads.lead_code
    left join stages as of_source
        on leads.source_name = of_source.system and lower(starts.status) = of_source.status_key
    left join stages as of_system
        on leads.system = of_system.system and lower(starts.status) = of_system.status_key
    union all
    select
        lead_code,
        status,
        updated_at as taken_at,
        true as is_time_known,
        null as changed_by_code,
        1 as said_by,
        version_number as said_number
    from versions_before
    where version_number > 1
    union all
    select
        lead_code,
        new_value as status,
        changed_at as taken_at,
        true as is_time_known,
        changed_by_code,
        2 as said_by,
        change_number as said_number
    from ordered_history
    union all
    select
        leads.lead_code,
        leads.status,
        greatest(leads.updated_at, ordered_history.changed_at) as taken_at,
        true as is_time_known,
        null as changed_by_code,
        3 as said_by,
        0 as said_number
    from ordered_history
    inner join leads on ordered_history.lead_code = leads.lead_code
    where ordered_history.change_number = ordered_history.change_count
        and lower(leads.status) is distinct from lower(ordered_history.new_value)
),

placed as (
    select
        taken.lead_code,
        leads.system,
        leads.source_name,
        taken.status,
        case
            when taken.taken_at < leads.captured_at then leads.captured_at
            else taken.taken_at
        end as taken_at,
        taken.is_time_known,
        taken.changed_by_code,
        taken.said_by,
        taken.said_number
    from taken
    inner join leads on taken.lead_code = leads.lead_code
    where taken.status is not null
),

compared as (
    select
        *,
        row_number() over (
            partition by lead_code order by taken_at nulls last, said_by, said_number
        ) as said_order,
        lag(lower(status)) over (
            partition by lead_code order by taken_at nulls last, said_by, said_number
        ) as previous_status
    from placed
)

select
    lead_code,
    system,
    source_name,
    status,
    taken_at,
    is_time_known,
    changed_by_code,
    row_number() over (partition by lead_code order by said_order) as status_number
from compared
where previous_status is null or previous_status <> lower(status)

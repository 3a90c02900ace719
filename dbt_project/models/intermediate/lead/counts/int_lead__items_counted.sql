-- Grain: one row per lead that a department counts, by its list where it sends lists of that
-- measure, else by its rule (`counts` in company.yaml); and one per total that it states. Months
-- are the department's own; 1900-01-01 where its rule dates by what nobody knows.
with

listed as (
    select * from {{ ref('stg_report__counted_leads') }}
    where stated_count > 0 or lead_reference is null
),

found as (
    select * from {{ ref('int_lead__references_found') }}
),

rules as (
    select * from {{ source('company', 'department_count') }}
),

markets as (
    select * from {{ source('company', 'market') }}
),

companies as (
    select * from {{ source('company', 'company') }}
),

leads as (
    select * from {{ ref('int_lead__leads_standing') }}
),

entries as (
    select * from {{ ref('int_lead__stages_first_entered') }}
),

rules_used as (
    select
        rules.*,
        {{ lead_stage_rank("case rules.measure when 'lead' then 'captured' else rules.measure end") }}
            as stage_rank
    from rules
    where not exists (
        select 1
        from listed
        where listed.department = rules.department and listed.measure = rules.measure
    )
),

included as (
    select
        rules_used.department,
        rules_used.measure,
        rules_used.dated_by,
        rules_used.as_of,
        rules_used.stage_rank,
        leads.lead_key,
        leads.captured_at,
        coalesce(rules_used.time_zone, markets.time_zone, companies.time_zone) as time_zone
    from rules_used
    cross join leads
    cross join companies
    left join markets on leads.market_code = markets.market_code
    where (leads.is_deleted or not leads.is_duplicate or rules_used.has_duplicates)
        and (not leads.is_deleted or not leads.is_duplicate or rules_used.has_merged)
        and (not leads.is_deleted or leads.is_duplicate or rules_used.has_deleted)
        and (not leads.is_inferred or rules_used.has_inferred)
        and (
            rules_used.as_of = 'history'
            or {{ lead_stage_rank('leads.current_stage') }} between rules_used.stage_rank
            and case when rules_used.measure = 'won' then 7 else 8 end
        )
),

-- What is past a stage without having been in it is dated by the next that it entered.
dated as (
    select
        included.department,
        included.measure,
        included.lead_key,
        included.time_zone,
        case included.dated_by
            when 'captured' then included.captured_at
            when 'left' then min(entries.left_at)
            else min(entries.entered_at)
        end as counted_at
    from included
    inner join entries
        on included.lead_key = entries.lead_key
        and (included.dated_by <> 'left' or entries.left_at is not null)
        and (
            included.measure = entries.measure
            or (included.as_of = 'current_status' and entries.stage_rank > included.stage_rank)
        )
    group by
        included.department,
        included.measure,
        included.lead_key,
        included.time_zone,
        included.dated_by,
        included.captured_at
),

ruled as (
    select
        department,
        measure,
        lead_key,
        {{ business_date('counted_at', 'time_zone') }} as counted_date
    from dated
)

select
    listed.claim_code,
    listed.department,
    listed.measure,
    'list' as basis,
    listed.month_date,
    listed.lead_reference is null as is_total,
    found.lead_key,
    listed.lead_reference,
    listed.counted_date,
    listed.stated_count,
    listed.reported_date,
    listed.source_name,
    listed.file_name,
    listed.row_number,
    listed.load_id
from listed
left join found on listed.claim_code = found.claim_code
union all
select
    cast(lead_key as {{ dbt.type_string() }}) as claim_code,
    department,
    measure,
    'rule' as basis,
    coalesce(cast({{ dbt.date_trunc('month', 'counted_date') }} as date), date '1900-01-01')
        as month_date,
    false as is_total,
    lead_key,
    null as lead_reference,
    counted_date,
    1 as stated_count,
    null as reported_date,
    null as source_name,
    null as file_name,
    null as row_number,
    null as load_id
from ruled

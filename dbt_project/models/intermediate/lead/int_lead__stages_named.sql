-- Grain: one row per system, kind of record (lead or opportunity) and status in the company's
-- words, with the stage that it means. Stages are ranked in the order of the funnel.
with

lead_stages as (
    select * from {{ source('company', 'lead_stage') }}
),

opportunity_stages as (
    select * from {{ source('company', 'opportunity_stage') }}
),

unioned as (
    select
        system,
        'lead' as record_kind,
        status as source_status,
        stage
    from lead_stages
    union all
    select
        system,
        'opportunity' as record_kind,
        stage_name as source_status,
        stage
    from opportunity_stages
)

select
    {{ dbt.split_part('lower(trim(system))', "'.'", 1) }} as system,
    record_kind,
    lower(trim(source_status)) as status_key,
    min(stage) as stage,
    min({{ lead_stage_rank('stage') }}) as stage_rank
from unioned
group by
    {{ dbt.split_part('lower(trim(system))', "'.'", 1) }},
    record_kind,
    lower(trim(source_status))

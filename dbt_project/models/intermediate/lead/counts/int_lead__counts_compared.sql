-- Grain: one row per thing that a department or the warehouse counts, with the one cause for which
-- the two differ; the first that applies holds (docs/one-number.md), agreed where they don't.
-- side_units count in side_month_date, warehouse_units in warehouse_month_date, so that a month's
-- count of the side, less its side_units and plus its warehouse_units, is the warehouse's.
with

claims as (
    select * from {{ ref('int_lead__claims_matched') }}
),

reports as (
    select * from {{ ref('int_lead__counts_reported') }}
),

missed as (
    select * from {{ ref('int_lead__items_missed') }}
),

judged as (
    select
        *,
        case
            when lead_key is null then 'unknown_lead'
            when person_number > 1 then 'duplicate'
            when warehouse_month_date = month_date then 'agreed'
            when date '1900-01-01' in (warehouse_month_date, month_date)
                and warehouse_month_date is not null then 'undated'
            when warehouse_month_date is not null then 'other_period'
            when is_standing_deleted then 'deleted'
            when is_duplicate and has_entered then 'duplicate'
            when has_unmapped then 'unmapped'
            else 'not_in_stage'
        end as cause
    from claims
),

claimed as (
    select
        'claim:' || claim_code as difference_code,
        department,
        measure,
        basis,
        cause,
        case cause
            when 'duplicate'
                then case
                    when is_duplicate and is_deleted then 'merged'
                    when is_duplicate then 'same person'
                    else 'counted again'
                end
            when 'other_period'
                then case
                    when is_duplicate then 'by a duplicate record'
                    when month_date in ({{ months_somewhere('entered_at') }}) then 'time zone'
                    when month_date in ({{ months_somewhere('captured_at') }})
                        then 'dated by capture'
                    when month_date in ({{ months_somewhere('left_at') }})
                        then 'dated by leaving the stage'
                    when month_date > warehouse_month_date then 'counted later'
                    else 'counted earlier'
                end
        end as cause_detail,
        lead_key,
        month_date as side_month_date,
        case when cause in ('agreed', 'other_period', 'undated') then warehouse_month_date end
            as warehouse_month_date,
        1 as side_units,
        case when cause in ('agreed', 'other_period', 'undated') then 1 else 0 end
            as warehouse_units,
        lead_reference,
        source_name,
        file_name,
        row_number,
        load_id
    from judged
    union all
    select
        'again:' || claim_code as difference_code,
        department,
        measure,
        basis,
        case when lead_key is null then 'unknown_lead' else 'duplicate' end as cause,
        case when lead_key is not null then 'counted again' end as cause_detail,
        lead_key,
        month_date as side_month_date,
        null as warehouse_month_date,
        stated_count - 1 as side_units,
        0 as warehouse_units,
        lead_reference,
        source_name,
        file_name,
        row_number,
        load_id
    from judged
    where stated_count > 1
),

unlisted as (
    select
        department,
        measure,
        basis,
        month_date,
        side_count - listed_units as side_units
    from reports
    where side_count <> listed_units
)

select * from claimed
union all
select
    'lead:' || cast(lead_key as {{ dbt.type_string() }}) as difference_code,
    department,
    measure,
    basis,
    cause,
    null as cause_detail,
    lead_key,
    null as side_month_date,
    month_date as warehouse_month_date,
    0 as side_units,
    1 as warehouse_units,
    null as lead_reference,
    null as source_name,
    null as file_name,
    null as row_number,
    null as load_id
from missed
union all
select
    'total:' || cast(month_date as {{ dbt.type_string() }}) as difference_code,
    department,
    measure,
    basis,
    'not_listed' as cause,
    null as cause_detail,
    null as lead_key,
    month_date as side_month_date,
    null as warehouse_month_date,
    side_units,
    0 as warehouse_units,
    null as lead_reference,
    null as source_name,
    null as file_name,
    null as row_number,
    null as load_id
from unlisted

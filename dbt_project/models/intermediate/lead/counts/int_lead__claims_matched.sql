-- Grain: one row per lead that a department counts, beside the warehouse's item that it can be:
-- the first entry of the lead that stands for the same person. A person is matched once, best in
-- the month in which the warehouse counts it, then by the record that stands, then by the first
-- month; person_number tells the others.
with

claims as (
    select * from {{ ref('int_lead__items_counted') }} where not is_total
),

leads as (
    select * from {{ ref('int_lead__leads_standing') }}
),

entries as (
    select * from {{ ref('int_lead__stages_first_entered') }}
)

select
    claims.claim_code,
    claims.department,
    claims.measure,
    claims.basis,
    claims.month_date,
    claims.lead_key,
    leads.standing_lead_key,
    claims.lead_reference,
    claims.stated_count,
    claims.source_name,
    claims.file_name,
    claims.row_number,
    claims.load_id,
    leads.captured_at,
    leads.is_duplicate,
    leads.is_deleted,
    leads.is_standing_deleted,
    leads.has_unmapped,
    own.lead_key is not null as has_entered,
    entries.month_date as warehouse_month_date,
    entries.entered_at,
    entries.left_at,
    case
        when leads.standing_lead_key is not null
            then row_number() over (
                partition by claims.department, claims.measure, leads.standing_lead_key
                order by
                    case when claims.month_date = entries.month_date then 1 else 2 end,
                    case when claims.lead_key = leads.standing_lead_key then 1 else 2 end,
                    claims.month_date,
                    claims.claim_code
            )
    end as person_number
from claims
left join leads on claims.lead_key = leads.lead_key
left join entries
    on leads.standing_lead_key = entries.lead_key
    and claims.measure = entries.measure
    and entries.is_counted
left join entries as own
    on claims.lead_key = own.lead_key and claims.measure = own.measure

-- Grain: one row per lead that is a duplicate, with the lead that counts for it: one that the CRM
-- merged, or another lead of the same customer that was captured while an earlier one was open or
-- within the company's duplicate days of its capture. The earliest that stands counts. One that
-- comes later, after the earlier ones have ended, is a lead of its own.
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }} where not is_inferred
),

merges as (
    select * from {{ ref('int_lead__merges_followed') }}
),

entries as (
    select * from {{ ref('int_lead__stages_entered') }}
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

companies as (
    select * from {{ source('company', 'company') }}
),

standing as (
    select
        leads.lead_code,
        identities.customer_key,
        leads.captured_at
    from leads
    left join identities on leads.record_id = identities.record_id
    left join merges on leads.record_id = merges.record_id
    where not leads.is_deleted and merges.record_id is null
),

-- Where an end is of unknown time, nobody can say that the lead was open.
spans as (
    select
        lead_code,
        entered_at as open_from,
        coalesce(left_at, timestamp '9999-12-31 00:00:00') as open_to
    from entries
    where stage not in ('won', 'lost', 'rejected')
        and entered_at is not null
        and (left_at is not null or is_last)
),

pairs as (
    select distinct later.lead_code
    from standing as later
    inner join standing as earlier
        on later.customer_key = earlier.customer_key
        and (
            earlier.captured_at < later.captured_at
            or earlier.captured_at = later.captured_at and earlier.lead_code < later.lead_code
        )
    cross join companies
    left join spans
        on earlier.lead_code = spans.lead_code
        and later.captured_at >= spans.open_from
        and later.captured_at < spans.open_to
    where spans.lead_code is not null
        or later.captured_at <= {{ dbt.dateadd(
            'day', 'companies.lead_duplicate_days', 'earlier.captured_at'
        ) }}
),

numbered as (
    select
        standing.lead_code,
        standing.customer_key,
        standing.captured_at,
        pairs.lead_code is not null as is_duplicate,
        sum(case when pairs.lead_code is null then 1 else 0 end) over (
            partition by standing.customer_key
            order by standing.captured_at, standing.lead_code
            rows between unbounded preceding and current row
        ) as visit_number
    from standing
    left join pairs on standing.lead_code = pairs.lead_code
    where standing.customer_key is not null and standing.captured_at is not null
),

same_person as (
    select
        lead_code,
        first_value(lead_code) over (
            partition by customer_key, visit_number order by captured_at, lead_code
        ) as duplicate_of_lead_code,
        is_duplicate
    from numbered
)

select
    lead_code,
    duplicate_of_lead_code,
    'same_person' as duplicate_rule
from same_person
where is_duplicate
union all
select
    leads.lead_code,
    coalesce(same_person.duplicate_of_lead_code, merges.surviving_record_id)
        as duplicate_of_lead_code,
    'merged_in_crm' as duplicate_rule
from leads
inner join merges on leads.record_id = merges.record_id
left join same_person on merges.surviving_record_id = same_person.lead_code

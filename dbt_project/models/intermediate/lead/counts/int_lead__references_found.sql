-- Grain: one row per row of a department's list whose reference some system knows: the lead that
-- it means. A reference is a lead's id (with or without its system, Salesforce's also in 15
-- letters), the id of one of its deals, or an e-mail address of the lead or of its customer. Where
-- several leads answer to it, the one that the warehouse counts in that month comes first; a
-- reference that stands several times in a list means one lead after the other.
with

claims as (
    select * from {{ ref('stg_report__counted_leads') }} where lead_reference is not null
),

leads as (
    select * from {{ ref('fct_lead') }}
),

deals as (
    select * from {{ ref('int_lead__deals_unioned') }}
),

records as (
    select record_id, email_normalised from {{ ref('int_customer__person_records') }}
    where email_normalised is not null
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
    where customer_key <> {{ unknown_key() }}
),

entries as (
    select * from {{ ref('int_lead__stages_first_entered') }}
),

codes as (
    select lead_id as lead_code, lead_id as code, lead_key from leads
    union all
    select deals.lead_code, deals.deal_code as code, leads.lead_key
    from deals
    inner join leads on deals.lead_code = leads.lead_id
),

names as (
    select lead_key, lower(code) as reference, 1 as place from codes
    union all
    select lead_key, lower({{ dbt.split_part('code', "':'", 2) }}) as reference, 1 as place from codes
    union all
    select lead_key, lower({{ dbt.split_part('code', "'/'", 2) }}) as reference, 1 as place
    from codes
    where code like '%/%'
    union all
    select lead_key, substr({{ dbt.split_part('code', "':'", 2) }}, 1, 15) as reference, 1 as place
    from codes
    where code like 'salesforce.%' and length({{ dbt.split_part('code', "':'", 2) }}) = 18
    union all
    select leads.lead_key, records.email_normalised as reference, 1 as place
    from records
    inner join leads on records.record_id = leads.record_id
    union all
    select leads.lead_key, records.email_normalised as reference, 2 as place
    from records
    inner join identities on records.record_id = identities.record_id
    inner join leads on identities.customer_key = leads.customer_key
),

candidates as (
    select
        reference,
        lead_key,
        min(place) as place
    from names
    group by reference, lead_key
),

keyed as (
    select
        claim_code,
        department,
        measure,
        month_date,
        case
            when lead_reference like '%@%' then {{ normalised_email('lead_reference') }}
            when length(lead_reference) = 15 then lead_reference
            else lower(lead_reference)
        end as reference
    from claims
),

numbered as (
    select
        *,
        row_number() over (
            partition by department, measure, month_date, reference order by claim_code
        ) as claim_number
    from keyed
),

meant as (
    select distinct
        department,
        measure,
        month_date,
        reference
    from keyed
),

ranked as (
    select
        meant.*,
        candidates.lead_key,
        row_number() over (
            partition by meant.department, meant.measure, meant.month_date, meant.reference
            order by
                candidates.place,
                case
                    when entries.month_date = meant.month_date then 1
                    when entries.month_date is not null then 2
                    else 3
                end,
                leads.captured_at nulls last,
                leads.lead_id
        ) as candidate_number,
        count(*) over (
            partition by meant.department, meant.measure, meant.month_date, meant.reference
        ) as candidate_count
    from meant
    inner join candidates on meant.reference = candidates.reference
    inner join leads on candidates.lead_key = leads.lead_key
    left join entries
        on candidates.lead_key = entries.lead_key
        and meant.measure = entries.measure
        and entries.is_counted
)

select
    numbered.claim_code,
    ranked.lead_key
from numbered
inner join ranked
    on numbered.department = ranked.department
    and numbered.measure = ranked.measure
    and numbered.month_date = ranked.month_date
    and numbered.reference = ranked.reference
    and (numbered.claim_number - 1) % ranked.candidate_count = ranked.candidate_number - 1

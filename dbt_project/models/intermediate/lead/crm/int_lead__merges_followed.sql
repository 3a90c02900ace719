-- Grain: one row per record of a CRM (lead, contact, account) that was merged into another that
-- is there, with the record that stands in the end: merged records may be merged again. Where bad
-- data merges records in a circle, the smallest id of the circle stands.
with recursive

leads as (
    select * from {{ ref('stg_salesforce__leads') }}
),

crm_leads as (
    select * from {{ ref('int_lead__crm_leads_linked') }}
),

contacts as (
    select * from {{ ref('stg_salesforce__contacts') }}
),

accounts as (
    select * from {{ ref('stg_salesforce__accounts') }}
),

crm_contacts as (
    select * from {{ ref('stg_crm__contacts') }}
),

crm_accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

crm_merges as (
    select * from {{ ref('stg_crm__merges') }} where record_kind in ('lead', 'contact', 'account')
),

records as (
    select
        record_id,
        merged_into_record_id,
        updated_at
    from leads
    union all
    select
        record_id,
        merged_into_record_id,
        updated_at
    from crm_leads
    union all
    select
        record_id,
        merged_into_record_id,
        updated_at
    from contacts
    union all
    select
        record_id,
        merged_into_record_id,
        updated_at
    from accounts
    union all
    select
        record_id,
        merged_into_record_id,
        updated_at
    from crm_contacts
    union all
    select
        record_id,
        merged_into_record_id,
        updated_at
    from crm_accounts
),

-- A generic CRM may tell merges in a table of their own, and not send the merged record any more.
stated as (
    select
        record_id,
        merged_into_record_id,
        updated_at
    from records
    where merged_into_record_id is not null
    union all
    select
        record_code as record_id,
        merged_into_code as merged_into_record_id,
        merged_at as updated_at
    from crm_merges
    where record_code not in (
        select record_id from records where merged_into_record_id is not null
    )
),

merges as (
    select merged.*
    from stated as merged
    inner join records as masters on merged.merged_into_record_id = masters.record_id
    where merged.merged_into_record_id <> merged.record_id
),

hops as (
    select
        record_id,
        merged_into_record_id,
        1 as hop_count
    from merges
    union all
    select
        hops.record_id,
        merges.merged_into_record_id,
        hops.hop_count + 1 as hop_count
    from hops
    inner join merges on hops.merged_into_record_id = merges.record_id
    where hops.hop_count < 32
),

ends as (
    select
        hops.record_id,
        hops.merged_into_record_id as surviving_record_id,
        hops.hop_count,
        merges.record_id is not null as is_circular
    from hops
    left join merges on hops.merged_into_record_id = merges.record_id
    where merges.record_id is null or hops.hop_count > 16
)

select
    merges.record_id,
    min(ends.surviving_record_id) as surviving_record_id,
    merges.updated_at as merged_at,
    cast(min(ends.hop_count) as integer) as hop_count,
    max(ends.is_circular) as is_circular
from merges
inner join ends on merges.record_id = ends.record_id
group by merges.record_id, merges.updated_at
having min(ends.surviving_record_id) <> merges.record_id

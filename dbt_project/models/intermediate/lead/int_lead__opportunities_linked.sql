-- Grain: one row per Salesforce opportunity that came of a lead: of the lead whose conversion names
-- it (of several, the earliest that is not deleted or merged away), else of the lead whose contact
-- it is for, if that lead was converted without an opportunity: then its contact's first one since.
-- Merges of contacts are followed. A lead that was deleted, and not merged into one that stands, is
-- none.
with

opportunities as (
    select * from {{ ref('stg_salesforce__opportunities') }} where not is_deleted
),

all_leads as (
    select * from {{ ref('stg_salesforce__leads') }}
),

merges as (
    select * from {{ ref('int_lead__merges_followed') }}
),

leads as (
    select all_leads.*
    from all_leads
    left join merges on all_leads.record_id = merges.record_id
    left join all_leads as masters on merges.surviving_record_id = masters.record_id
    where not coalesce(masters.is_deleted, all_leads.is_deleted)
),

named as (
    select
        converted_opportunity_id as opportunity_id,
        record_id as lead_code
    from leads
    where converted_opportunity_id is not null
    qualify
        row_number() over (
            partition by converted_opportunity_id order by is_deleted, created_at, lead_id
        ) = 1
),

contacts_of_opportunities as (
    select
        opportunities.opportunity_id,
        opportunities.created_at,
        coalesce(merges.surviving_record_id, opportunities.record_id) as contact_record_id
    from opportunities
    left join merges on opportunities.record_id = merges.record_id
    where opportunities.opportunity_id not in (select opportunity_id from named)
),

contacts_of_leads as (
    select
        leads.record_id as lead_code,
        leads.is_deleted,
        coalesce(leads.converted_at, leads.created_at) as converted_at,
        coalesce(
            merges.surviving_record_id, 'salesforce.contact:' || leads.converted_contact_id
        ) as contact_record_id
    from leads
    left join merges
        on 'salesforce.contact:' || leads.converted_contact_id = merges.record_id
    left join opportunities
        on leads.converted_opportunity_id = opportunities.opportunity_id
    where leads.converted_contact_id is not null and opportunities.opportunity_id is null
),

latest_leads as (
    select
        opportunities.opportunity_id,
        opportunities.created_at,
        leads.lead_code
    from contacts_of_opportunities as opportunities
    inner join contacts_of_leads as leads
        on opportunities.contact_record_id = leads.contact_record_id
        and opportunities.created_at >= leads.converted_at
    qualify
        row_number() over (
            partition by opportunities.opportunity_id
            order by leads.is_deleted, leads.converted_at desc, leads.lead_code
        ) = 1
),

by_contact as (
    select
        opportunity_id,
        lead_code
    from latest_leads
    qualify
        row_number() over (partition by lead_code order by created_at, opportunity_id) = 1
)

select
    opportunity_id,
    lead_code,
    'named_by_lead' as link_rule
from named
union all
select
    opportunity_id,
    lead_code,
    'contact_of_lead' as link_rule
from by_contact

-- Grain: one row per entry of a deal, or of a counted lead that a CRM recorded, into a stage: a
-- deal's stages in the CRM's own words, a lead's in those of the funnel. What odds are made of. Times
-- that no source states are null: that a lead got there is known today, and was not before.
with

deals as (
    select * from {{ ref('int_lead__deals_unioned') }}
),

moves as (
    select * from {{ ref('int_lead__deals_moved') }}
),

leads as (
    select * from {{ ref('fct_lead') }} where is_counted and not is_inferred
),

entries as (
    select * from {{ ref('fct_lead_stage') }} where is_counted
)

select
    'deal' as record_kind,
    moves.deal_code as record_code,
    deals.source_name,
    moves.stage,
    'opportunity' as funnel_stage,
    moves.outcome,
    moves.entered_at,
    moves.entry_number
from moves
inner join deals on moves.deal_code = deals.deal_code
union all
select
    'lead' as record_kind,
    leads.lead_id as record_code,
    leads.system as source_name,
    entries.stage,
    entries.stage as funnel_stage,
    {{ lead_outcome('entries.stage') }} as outcome,
    case when entries.is_time_stated then entries.entered_at end as entered_at,
    entries.entry_number
from entries
inner join leads on entries.lead_key = leads.lead_key

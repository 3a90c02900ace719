-- Grain: one row per lead. Accumulating snapshot: each stage has the time it was first entered.
-- Rebuilt whole, so late history rows move times to where they belong. Deals without a lead stand
-- as inferred leads; deleted leads and duplicates stay and are not counted (is_counted). A lead
-- that counts for duplicates has the stages and deals of all its records.
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }}
),

stages as (
    select * from {{ ref('int_lead__stages_summarized') }}
),

deals as (
    select * from {{ ref('int_lead__deals_summarized') }}
),

duplicates as (
    select * from {{ ref('int_lead__duplicates_found') }}
),

records as (
    select * from {{ ref('int_lead__records_summarized') }}
),

conversions as (
    select * from {{ ref('int_lead__leads_converted') }}
),

accounts as (
    select * from {{ ref('int_lead__accounts_matched') }}
),

captures as (
    select * from {{ ref('int_lead__captures_traced') }}
),

costs as (
    select * from {{ ref('int_lead__campaign_costs_shared') }}
),

channels as (
    select * from {{ ref('int_channel__contact_channels') }} where medium = '' and campaign = ''
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

employees as (
    select * from {{ ref('dim_employee') }}
)

select
    {{ surrogate_key(['leads.lead_code']) }} as lead_key,
    leads.lead_code as lead_id,
    leads.system,
    leads.record_id,
    coalesce(identities.customer_key, {{ unknown_key() }}) as customer_key,
    coalesce(accounts.account_customer_key, {{ unknown_key() }}) as account_customer_key,
    accounts.account_match_rule,
    accounts.account_match_confidence,
    conversions.contact_record_id,
    conversions.account_record_id,
    conversions.converted_at,
    deals.deal_ids,
    {{ key_or_unknown('channels.channel_code') }} as channel_key,
    coalesce(captures.touchpoint_key, {{ unknown_key() }}) as capture_touchpoint_key,
    coalesce(captures.journey_key, {{ unknown_key() }}) as journey_key,
    coalesce(captures.first_channel_key, {{ unknown_key() }}) as first_channel_key,
    coalesce(captures.last_channel_key, {{ unknown_key() }}) as last_channel_key,
    coalesce(captures.steps_before_count, 0) as touchpoints_before_count,
    {{ key_or_unknown('leads.campaign_code') }} as campaign_key,
    {{ key_or_unknown('coalesce(leads.employee_code, deals.employee_code)') }} as employee_key,
    coalesce(employees.department, 'unknown') as department,
    {{ key_or_unknown('duplicates.duplicate_of_lead_code') }} as duplicate_of_lead_key,
    duplicates.duplicate_rule,
    leads.is_inferred,
    leads.is_deleted,
    not leads.is_deleted and duplicates.lead_code is null as is_counted,
    coalesce(leads.market_code, 'unknown') as market_code,
    coalesce(leads.lead_source, 'unknown') as lead_source,
    coalesce(leads.status, 'unknown') as status,
    coalesce(stages.current_stage, 'unknown') as current_stage,
    coalesce(stages.furthest_stage, 'unknown') as furthest_stage,
    coalesce(stages.stage_entry_count, 0) as stage_entry_count,
    leads.captured_at,
    leads.captured_date,
    cast({{ date_key('leads.captured_date') }} as integer) as captured_date_key,
    stages.engaged_at,
    stages.mql_at,
    stages.sal_at,
    stages.sql_at,
    stages.opportunity_at,
    stages.won_at,
    cast({{ date_key(business_date('stages.won_at', 'leads.time_zone')) }} as integer)
        as won_date_key,
    stages.lost_at,
    stages.rejected_at,
    stages.recycled_at,
    records.first_attempt_at,
    records.first_contact_at,
    records.rejection_reason,
    cast(leads.score as integer) as score,
    coalesce(deals.deal_count, 0) as deal_count,
    coalesce(deals.won_deal_count, 0) as won_deal_count,
    coalesce(deals.unvalued_won_deal_count, 0) as unvalued_won_deal_count,
    deals.won_amount,
    deals.open_amount,
    costs.cost_amount,
    deals.margin_amount,
    coalesce(deals.unknown_margin_deal_count, 0) as unknown_margin_deal_count,
    leads.updated_at as last_changed_at,
    greatest(leads.load_id, coalesce(deals.load_id, 0)) as load_id
from leads
left join stages on leads.lead_code = stages.lead_code
left join deals on leads.lead_code = deals.lead_code
left join records on leads.lead_code = records.lead_code
left join conversions on leads.lead_code = conversions.lead_code
left join accounts on leads.lead_code = accounts.lead_code
left join captures on leads.lead_code = captures.lead_code
left join costs on leads.lead_code = costs.lead_code
left join channels
    on leads.channel_system = channels.system
    and coalesce(leads.lead_source, '') = channels.source
left join duplicates on leads.lead_code = duplicates.lead_code
left join identities on leads.record_id = identities.record_id
left join employees
    on coalesce(leads.employee_code, deals.employee_code) = employees.employee_code

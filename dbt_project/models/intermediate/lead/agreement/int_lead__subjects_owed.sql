-- Grain: one row per lead or ticket toward which the service-level agreement holds, with its
-- calendar, what commitments may be limited to, and until when: a record that is deleted or merged
-- into another owes nothing more (ended_at). Volumes and shares count a person once, and no record
-- that does not stand (is_counted); clocks run for every record that stands.
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }} where not is_inferred
),

tickets as (
    select * from {{ ref('int_lead__tickets_dated') }} where system <> 'social'
),

duplicates as (
    select distinct lead_code from {{ ref('int_lead__duplicates_found') }}
),

channels as (
    select * from {{ ref('int_channel__contact_channels') }} where medium = '' and campaign = ''
),

subjects as (
    select
        'lead' as subject_type,
        leads.lead_code as subject_code,
        leads.calendar_code,
        leads.time_zone,
        leads.market_code,
        leads.lead_source,
        channels.channel_code,
        not leads.is_deleted and leads.merged_into_lead_code is null as is_standing,
        duplicates.lead_code is null as is_first,
        leads.updated_at
    from leads
    left join duplicates on leads.lead_code = duplicates.lead_code
    left join channels
        on leads.channel_system = channels.system
        and coalesce(leads.lead_source, '') = channels.source
    union all
    select
        'ticket' as subject_type,
        tickets.ticket_code as subject_code,
        tickets.calendar_code,
        tickets.time_zone,
        tickets.market_code,
        null as lead_source,
        channels.channel_code,
        not tickets.is_deleted as is_standing,
        true as is_first,
        tickets.updated_at
    from tickets
    left join channels
        on tickets.channel_system = channels.system
        and coalesce(tickets.origin, '') = channels.source
)

select
    subject_type,
    subject_code,
    calendar_code,
    time_zone,
    market_code,
    lead_source,
    channel_code,
    is_standing and is_first as is_counted,
    case when not is_standing then updated_at end as ended_at
from subjects

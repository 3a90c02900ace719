-- Grain: one row per answer on a topic that a customer was given, by people or by machines, with
-- the department of that day and the channel as the company names it. Unknown customers are known
-- by their ticket alone (asker_code).
with

messages as (
    select * from {{ ref('int_lead__messages_unioned') }}
    where is_published and answer_code is not null
),

tickets as (
    select * from {{ ref('int_lead__tickets_dated') }}
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

departments as (
    select * from {{ ref('int_lead__departments_dated') }}
),

channels as (
    select * from {{ ref('int_channel__contact_channels') }}
    where medium = '' and campaign = ''
)

select
    messages.message_id as comment_id,
    tickets.ticket_code,
    tickets.record_id,
    tickets.time_zone,
    tickets.is_deleted,
    coalesce(identities.customer_key, {{ unknown_key() }}) as customer_key,
    coalesce(cast(identities.customer_key as {{ dbt.type_string() }}), tickets.ticket_code)
        as asker_code,
    messages.employee_code,
    case when messages.is_automatic then 'machine'
        else coalesce(departments.department, 'unknown')
    end as department,
    coalesce(messages.channel, tickets.origin) as channel,
    channels.channel_code,
    coalesce(channels.channel_code, lower(coalesce(messages.channel, tickets.origin)), 'unknown')
        as compared_channel,
    coalesce(messages.topic, tickets.topic, 'unknown') as topic,
    messages.answer_code,
    messages.is_automatic,
    messages.sent_at as answered_at,
    messages.load_id
from messages
inner join tickets on messages.ticket_code = tickets.ticket_code
left join identities on tickets.record_id = identities.record_id
left join departments
    on messages.employee_code = departments.employee_code
    and messages.sent_at >= departments.valid_from
    and messages.sent_at < departments.valid_to
left join channels
    on tickets.channel_system = channels.system
    and coalesce(messages.channel, tickets.origin, '') = channels.source

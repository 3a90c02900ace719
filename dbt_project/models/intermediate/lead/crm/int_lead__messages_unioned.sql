-- Grain: one row per message or note on a ticket of any CRM or in a conversation on a social
-- profile. Without an employee it is the customer's; what is not published is a note that the
-- customer doesn't see. What users that are programs write is automatic.
with

comments as (
    select * from {{ ref('stg_salesforce__case_comments') }}
),

crm_messages as (
    select * from {{ ref('stg_crm__ticket_messages') }}
),

-- Where its messages are not sent, the ticket may say when it was first answered.
first_responses as (
    select * from {{ ref('stg_crm__tickets') }}
    where first_responded_at is not null
        and ticket_code not in (
            select ticket_code from crm_messages
            where employee_code is not null and is_published and not is_automatic
        )
),

social_messages as (
    select * from {{ ref('int_lead__conversation_messages_grouped') }}
),

conversations as (
    select * from {{ ref('int_lead__conversations_found') }}
),

automations as (
    select employee_code from {{ ref('int_lead__automations_named') }}
),

unioned as (
    select
        'salesforce.case:' || case_id as ticket_code,
        comment_id as message_id,
        employee_code,
        is_published,
        is_automatic,
        channel,
        topic,
        answer_code,
        commented_at as sent_at,
        load_id
    from comments
    union all
    select
        ticket_code,
        message_code as message_id,
        employee_code,
        is_published,
        is_automatic,
        channel,
        topic,
        answer_code,
        sent_at,
        load_id
    from crm_messages
    union all
    select
        ticket_code,
        'crm.message:' || source_name || '/first_response/' || ticket_id as message_id,
        coalesce(employee_code, 'crm:' || source_name || '/unknown') as employee_code,
        true as is_published,
        false as is_automatic,
        channel,
        null as topic,
        null as answer_code,
        first_responded_at as sent_at,
        load_id
    from first_responses
    union all
    select
        coalesce(conversations.case_ticket_code, conversations.ticket_code) as ticket_code,
        social_messages.message_id,
        social_messages.employee_code,
        true as is_published,
        social_messages.is_automatic,
        null as channel,
        social_messages.topic,
        social_messages.answer_code,
        social_messages.occurred_at as sent_at,
        social_messages.load_id
    from social_messages
    inner join conversations on social_messages.ticket_code = conversations.ticket_code
)

select
    unioned.ticket_code,
    unioned.message_id,
    unioned.employee_code,
    unioned.is_published,
    unioned.is_automatic or automations.employee_code is not null as is_automatic,
    unioned.channel,
    unioned.topic,
    unioned.answer_code,
    unioned.sent_at,
    unioned.load_id
from unioned
left join automations on unioned.employee_code = automations.employee_code

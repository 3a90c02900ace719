-- Grain: one row per message or note on a ticket of any CRM. Without an employee it is the
-- customer's; what is not published is a note that the customer doesn't see.
with

comments as (
    select * from {{ ref('stg_salesforce__case_comments') }}
),

crm_messages as (
    select * from {{ ref('stg_crm__ticket_messages') }}
)

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

-- Grain: one row per message or note on a ticket; the newest file holds. Who is among the CRM's
-- users is an employee, unless the row says otherwise.
with

messages as (
    {{ latest_version(source('crm', 'ticket_message'), ['_source', 'message_id']) }}
),

users as (
    select distinct employee_code from {{ ref('stg_crm__users') }}
),

written as (
    select
        *,
        {{ crm_employee_code('author_id') }} as author_code
    from messages
)

select
    written.message_id,
    'crm.message:' || written._source || '/' || trim(written.message_id) as message_code,
    'crm.ticket:' || written._source || '/' || trim(written.ticket_id) as ticket_code,
    nullif(trim(written.author_id), '') as author_id,
    case
        when coalesce(written.is_by_employee, users.employee_code is not null)
            then coalesce(written.author_code, 'crm:' || written._source || '/unknown')
    end as employee_code,
    coalesce(written.is_published, true) as is_published,
    coalesce(written.is_automatic, false) as is_automatic,
    nullif(trim(written.channel), '') as channel,
    lower(nullif(trim(written.topic), '')) as topic,
    lower(nullif(trim(written.answer_code), '')) as answer_code,
    written.sent_at,
    written._source as source_name,
    written._load_id as load_id
from written
left join users on written.author_code = users.employee_code

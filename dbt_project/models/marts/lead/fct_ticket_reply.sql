-- Grain: one row per message of a customer on a ticket, its opening first, with how long it waited
-- for the next reply by a person. Accumulating snapshot: asked, answered. Rebuilt whole, so that
-- late messages and replies take their own place.
with

replies as (
    select * from {{ ref('int_lead__replies_awaited') }}
),

tickets as (
    select * from {{ ref('fct_ticket') }}
),

departments as (
    select * from {{ ref('int_lead__departments_dated') }}
)

select
    {{ surrogate_key(['replies.ticket_code', 'replies.message_id']) }} as ticket_reply_key,
    tickets.ticket_key,
    tickets.customer_key,
    tickets.channel_key,
    tickets.market_code,
    tickets.is_counted,
    replies.message_id,
    cast(replies.message_number as integer) as message_number,
    replies.is_opening,
    replies.asked_at,
    cast({{ date_key('replies.asked_date') }} as integer) as asked_date_key,
    replies.replied_at,
    {{ key_or_unknown('replies.employee_code') }} as reply_employee_key,
    case when replies.replied_at is not null then coalesce(departments.department, 'unknown') end
        as reply_department,
    replies.outcome,
    cast(replies.wait_minutes as double) as wait_minutes,
    cast(replies.wait_business_minutes as double) as wait_business_minutes,
    replies.load_id
from replies
inner join tickets on replies.ticket_code = tickets.ticket_id
left join departments
    on replies.employee_code = departments.employee_code
    and replies.replied_at >= departments.valid_from
    and replies.replied_at < departments.valid_to

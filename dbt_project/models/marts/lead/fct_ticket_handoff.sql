-- Grain: one row per hand-over of a ticket between departments. Transaction fact; late history
-- rows take their own place (rebuilt whole). The wait ends when the receiving department first
-- acts; where nobody has taken the ticket from a queue, the queue is the receiver.
with

handoffs as (
    select * from {{ ref('int_lead__handoffs_made') }}
),

tickets as (
    select * from {{ ref('fct_ticket') }}
)

select
    {{ surrogate_key(['handoffs.ticket_code', 'handoffs.owner_number']) }} as ticket_handoff_key,
    tickets.ticket_key,
    tickets.customer_key,
    tickets.channel_key,
    tickets.is_counted,
    tickets.market_code,
    {{ key_or_unknown('handoffs.from_code') }} as from_employee_key,
    {{ key_or_unknown('handoffs.to_code') }} as to_employee_key,
    handoffs.is_to_queue,
    handoffs.from_department,
    handoffs.to_department,
    handoffs.handed_over_at,
    cast({{ date_key(business_date('handoffs.handed_over_at', 'handoffs.time_zone')) }} as integer)
        as handed_over_date_key,
    handoffs.assigned_at,
    handoffs.picked_up_at,
    handoffs.answered_at,
    handoffs.wait_ended_at,
    handoffs.outcome,
    handoffs.wait_minutes,
    handoffs.wait_business_minutes,
    handoffs.queue_business_minutes,
    handoffs.answer_business_minutes,
    handoffs.load_id
from handoffs
inner join tickets on handoffs.ticket_code = tickets.ticket_id

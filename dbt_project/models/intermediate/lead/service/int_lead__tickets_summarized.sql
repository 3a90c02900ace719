-- Grain: one row per ticket with anything to count: hand-overs, answers, what customers wrote and
-- how long they waited for each reply, and what they said about it afterwards (the latest survey
-- of each kind).
with

tickets as (
    select ticket_code from {{ ref('int_lead__tickets_dated') }}
),

handoffs as (
    select
        ticket_code,
        count(*) as handoff_count
    from {{ ref('int_lead__handoffs_made') }}
    group by ticket_code
),

messages as (
    select
        ticket_code,
        count(case when employee_code is not null and is_published and not is_automatic then 1 end)
            as answer_count,
        count(case when is_published and is_automatic then 1 end) as automatic_answer_count,
        count(case when employee_code is null and not is_automatic then 1 end)
            as customer_message_count
    from {{ ref('int_lead__messages_unioned') }}
    group by ticket_code
),

replies as (
    select
        ticket_code,
        count(case when outcome in ('waiting', 'closed_unanswered') then 1 end)
            as unanswered_message_count,
        max(wait_business_minutes) as longest_reply_business_minutes,
        median(wait_business_minutes) as median_reply_business_minutes
    from {{ ref('int_lead__replies_awaited') }}
    group by ticket_code
),

latest_surveys as (
    select * from {{ ref('int_lead__surveys_unioned') }}
    where ticket_code is not null
    qualify
        row_number() over (
            partition by ticket_code, survey_type order by responded_at desc, survey_id
        ) = 1
),

surveys as (
    select
        ticket_code,
        max(case when survey_type = 'CSAT' then score end) as csat_score,
        max(case when survey_type = 'NPS' then score end) as nps_score
    from latest_surveys
    group by ticket_code
)

select
    tickets.ticket_code,
    handoffs.handoff_count,
    messages.answer_count,
    messages.automatic_answer_count,
    messages.customer_message_count,
    replies.unanswered_message_count,
    replies.longest_reply_business_minutes,
    replies.median_reply_business_minutes,
    surveys.csat_score,
    surveys.nps_score
from tickets
left join handoffs on tickets.ticket_code = handoffs.ticket_code
left join messages on tickets.ticket_code = messages.ticket_code
left join replies on tickets.ticket_code = replies.ticket_code
left join surveys on tickets.ticket_code = surveys.ticket_code

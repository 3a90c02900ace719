-- Grain: one row per ticket with anything to count: hand-overs, answers, re-openings, what the
-- customer said about it afterwards (the latest survey of each kind).
with

handoffs as (
    select
        ticket_code,
        count(*) as handoff_count
    from {{ ref('int_lead__handoffs_made') }}
    group by ticket_code
),

comments as (
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

reopenings as (
    select
        record_code as ticket_code,
        count(*) as reopen_count
    from {{ ref('int_lead__changes_unioned') }}
    where record_kind = 'ticket'
        and field = 'status'
        and lower(old_value) like '%closed%'
        and lower(new_value) not like '%closed%'
    group by record_code
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
),

tickets as (
    select ticket_code from {{ ref('int_lead__tickets_dated') }}
)

select
    tickets.ticket_code,
    handoffs.handoff_count,
    comments.answer_count,
    comments.automatic_answer_count,
    comments.customer_message_count,
    reopenings.reopen_count,
    surveys.csat_score,
    surveys.nps_score
from tickets
left join handoffs on tickets.ticket_code = handoffs.ticket_code
left join comments on tickets.ticket_code = comments.ticket_code
left join reopenings on tickets.ticket_code = reopenings.ticket_code
left join surveys on tickets.ticket_code = surveys.ticket_code

-- Grain: one row per answer on a topic that a customer was given. Transaction fact. A
-- contradiction is told on the later answer, which points at the latest one that it contradicts;
-- fct_answer_pair has every pair. A late row may add one to an answer that came before it.
with

answers as (
    select * from {{ ref('int_lead__answers_given') }}
),

contradictions as (
    select * from {{ ref('int_lead__answers_compared') }} where is_contradiction
),

latest as (
    select * from contradictions
    qualify
        row_number() over (
            partition by comment_id order by earlier_answered_at desc, earlier_comment_id desc
        ) = 1
)

select
    {{ surrogate_key(['answers.comment_id']) }} as answer_key,
    answers.comment_id as answer_id,
    {{ surrogate_key(['answers.ticket_code']) }} as ticket_key,
    answers.customer_key,
    {{ key_or_unknown('answers.employee_code') }} as employee_key,
    {{ key_or_unknown('answers.channel_code') }} as channel_key,
    not answers.is_deleted as is_counted,
    answers.department,
    coalesce(answers.channel, 'unknown') as channel,
    answers.topic,
    answers.answer_code,
    answers.is_automatic,
    answers.answered_at,
    cast({{ date_key(business_date('answers.answered_at', 'answers.time_zone')) }} as integer)
        as answered_date_key,
    latest.earlier_comment_id is not null as is_contradiction,
    answers.comment_id in (select earlier_comment_id from contradictions) as is_contradicted,
    {{ key_or_unknown('latest.earlier_comment_id') }} as contradicted_answer_key,
    latest.earlier_department as contradicted_department,
    latest.earlier_channel as contradicted_channel,
    answers.load_id
from answers
left join latest on answers.comment_id = latest.comment_id

-- Grain: one row per answer on a topic that a customer was given. Transaction fact. A
-- contradiction is told on the later answer; a late row may add one to an answer that came before
-- it.
with

answers as (
    select * from {{ ref('int_lead__answers_given') }}
),

channels as (
    select * from {{ ref('int_channel__contact_channels') }}
    where medium = '' and campaign = ''
)

select
    {{ surrogate_key(['answers.comment_id']) }} as answer_key,
    answers.comment_id as answer_id,
    {{ surrogate_key(['answers.ticket_code']) }} as ticket_key,
    answers.customer_key,
    {{ key_or_unknown('answers.employee_code') }} as employee_key,
    {{ key_or_unknown('channels.channel_code') }} as channel_key,
    not answers.is_deleted as is_counted,
    answers.department,
    coalesce(answers.channel, 'unknown') as channel,
    answers.topic,
    answers.answer_code,
    answers.is_automatic,
    answers.answered_at,
    cast({{ date_key(business_date('answers.answered_at', 'answers.time_zone')) }} as integer)
        as answered_date_key,
    answers.contradicted_comment_id is not null as is_contradiction,
    answers.is_contradicted,
    {{ key_or_unknown('answers.contradicted_comment_id') }} as contradicted_answer_key,
    answers.contradicted_department,
    answers.contradicted_channel,
    answers.load_id
from answers
left join channels
    on answers.channel_system = channels.system
    and coalesce(answers.channel, '') = channels.source

-- Grain: one row per answer on a topic that a customer was given, by people or by machines. Two
-- answers contradict each other when the same customer got different ones on the same topic
-- within 30 days from different departments or over different channels; the later one points at
-- the latest answer that it contradicts. Unknown customers are compared within their ticket.
with

comments as (
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

answers as (
    select
        comments.message_id as comment_id,
        tickets.ticket_code,
        tickets.record_id,
        tickets.channel_system,
        tickets.time_zone,
        tickets.is_deleted,
        coalesce(identities.customer_key, {{ unknown_key() }}) as customer_key,
        coalesce(cast(identities.customer_key as {{ dbt.type_string() }}), tickets.ticket_code)
            as asker_code,
        comments.employee_code,
        case when comments.is_automatic then 'machine'
            else coalesce(departments.department, 'unknown')
        end as department,
        coalesce(comments.channel, tickets.origin) as channel,
        coalesce(comments.topic, tickets.topic, 'unknown') as topic,
        comments.answer_code,
        comments.is_automatic,
        comments.sent_at as answered_at,
        comments.load_id
    from comments
    inner join tickets on comments.ticket_code = tickets.ticket_code
    left join identities on tickets.record_id = identities.record_id
    left join departments
        on comments.employee_code = departments.employee_code
        and comments.sent_at >= departments.valid_from
        and comments.sent_at < departments.valid_to
),

contradictions as (
    select
        later.comment_id,
        earlier.comment_id as contradicted_comment_id,
        earlier.department as contradicted_department,
        earlier.channel as contradicted_channel
    from answers as later
    inner join answers as earlier
        on later.asker_code = earlier.asker_code
        and later.topic = earlier.topic
        and later.topic <> 'unknown'
        and later.answer_code <> earlier.answer_code
        and (
            later.department <> earlier.department
            or lower(later.channel) is distinct from lower(earlier.channel)
        )
        and (
            later.answered_at > earlier.answered_at
            or (
                later.answered_at = earlier.answered_at
                and later.comment_id > earlier.comment_id
            )
        )
        and later.answered_at <= {{ dbt.dateadd('day', 30, 'earlier.answered_at') }}
    qualify
        row_number() over (
            partition by later.comment_id
            order by earlier.answered_at desc, earlier.comment_id desc
        ) = 1
)

select
    answers.*,
    contradictions.contradicted_comment_id,
    contradictions.contradicted_department,
    contradictions.contradicted_channel,
    answers.comment_id in (select contradicted_comment_id from contradictions)
        as is_contradicted
from answers
left join contradictions on answers.comment_id = contradictions.comment_id

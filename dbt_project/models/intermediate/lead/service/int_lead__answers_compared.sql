-- Grain: one row per two answers that could have contradicted each other: the same customer asked
-- about the same topic and was answered twice within so many days (company.yaml,
-- service.contradiction_days), by different departments or over different channels. They
-- contradict each other where the answers differ. An employee who answers again on the same ticket
-- corrects himself: no pair. Answers on deleted tickets are compared with none.
with

answers as (
    select * from {{ ref('int_lead__answers_given') }}
    where topic <> 'unknown'
        and not is_deleted
),

service as (
    select * from {{ source('company', 'service') }}
)

select
    later.comment_id,
    earlier.comment_id as earlier_comment_id,
    later.customer_key,
    later.topic,
    earlier.ticket_code as earlier_ticket_code,
    later.ticket_code,
    earlier.department as earlier_department,
    later.department,
    earlier.channel_code as earlier_channel_code,
    later.channel_code,
    earlier.channel as earlier_channel,
    later.channel,
    earlier.answer_code as earlier_answer_code,
    later.answer_code,
    earlier.is_automatic as is_earlier_automatic,
    later.is_automatic,
    earlier.answered_at as earlier_answered_at,
    later.answered_at,
    {{ business_date('later.answered_at', 'later.time_zone') }} as answered_date,
    later.department <> earlier.department as is_between_departments,
    later.compared_channel <> earlier.compared_channel as is_between_channels,
    later.answer_code <> earlier.answer_code as is_contradiction,
    greatest(later.load_id, earlier.load_id) as load_id
from answers as later
cross join service
inner join answers as earlier
    on later.asker_code = earlier.asker_code
    and later.topic = earlier.topic
    and (
        later.answered_at > earlier.answered_at
        or (
            later.answered_at = earlier.answered_at
            and later.comment_id > earlier.comment_id
        )
    )
where later.answered_at <= {{ dbt.dateadd(
        'day', 'service.contradiction_days', 'earlier.answered_at'
    ) }}
    and (
        later.department <> earlier.department
        or later.compared_channel <> earlier.compared_channel
    )
    and not (
        later.ticket_code = earlier.ticket_code
        and coalesce(later.employee_code = earlier.employee_code, false)
    )

-- Grain: one row per message of a conversation on the brand's social profiles. A thread, or without
-- one the direct messages of a profile, falls into conversations: each begins with a question of
-- the person; one that comes more than so many days after the last answer begins a new one
-- (company.yaml, service.conversation_days). What machines send begins and ends none. Comments and
-- mentions outside a thread without a topic ask nothing, and what the brand wrote before anybody
-- asked answers nothing: they are contacts, not service. Late messages take their own place.
with

messages as (
    select
        *,
        platform || '/' || coalesce(thread_id || '/', '') || profile_id as thread_code
    from {{ ref('stg_social__messages') }}
    where thread_id is not null or kind = 'direct_message' or topic is not null
),

service as (
    select * from {{ source('company', 'service') }}
),

compared as (
    select
        *,
        lag(direction) over (
            partition by thread_code, is_automatic
            order by occurred_at, direction, message_id
        ) as previous_direction,
        lag(occurred_at) over (
            partition by thread_code, is_automatic
            order by occurred_at, direction, message_id
        ) as previous_at,
        sum(case when direction = 'inbound' then 1 else 0 end) over (
            partition by thread_code
            order by occurred_at, direction, message_id
            rows between unbounded preceding and current row
        ) as question_number
    from messages
),

numbered as (
    select
        compared.*,
        sum(
            case
                when compared.is_automatic or compared.direction <> 'inbound' then 0
                when compared.question_number = 1 then 1
                when compared.previous_direction = 'outbound'
                    and compared.occurred_at > {{ dbt.dateadd(
                        'day', 'service.conversation_days', 'compared.previous_at'
                    ) }} then 1
                else 0
            end
        ) over (
            partition by compared.thread_code
            order by compared.occurred_at, compared.direction, compared.message_id
            rows between unbounded preceding and current row
        ) as conversation_number
    from compared
    cross join service
)

select
    'social.conversation:' || first_value(message_id) over (
        partition by thread_code, conversation_number
        order by case when direction = 'inbound' then 0 else 1 end, occurred_at, message_id
    ) as ticket_code,
    message_id,
    record_id,
    platform,
    profile_id,
    kind,
    direction,
    is_automatic,
    topic,
    sentiment,
    answer_code,
    case when direction = 'outbound' then coalesce(employee_code, 'social:' || platform) end
        as employee_code,
    market_code,
    occurred_at,
    row_number() over (
        partition by thread_code, conversation_number, is_automatic
        order by occurred_at desc, direction desc, message_id desc
    ) = 1 as is_last,
    load_id
from numbered
where conversation_number > 0

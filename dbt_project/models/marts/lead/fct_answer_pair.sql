-- Grain: one row per two answers that could have contradicted each other: same customer and topic,
-- within so many days, from different departments or over different channels. Transaction fact of
-- the later answer. Rebuilt whole: a late row makes its own pairs.
with

pairs as (
    select * from {{ ref('int_lead__answers_compared') }}
)

select
    {{ surrogate_key(['earlier_comment_id', 'comment_id']) }} as answer_pair_key,
    {{ surrogate_key(['earlier_comment_id']) }} as earlier_answer_key,
    {{ surrogate_key(['comment_id']) }} as answer_key,
    customer_key,
    {{ surrogate_key(['ticket_code']) }} as ticket_key,
    topic,
    earlier_department,
    department,
    {{ key_or_unknown('earlier_channel_code') }} as earlier_channel_key,
    {{ key_or_unknown('channel_code') }} as channel_key,
    earlier_answer_code,
    answer_code,
    is_between_departments,
    is_between_channels,
    ticket_code = earlier_ticket_code as is_same_ticket,
    is_earlier_automatic or is_automatic as is_with_machine,
    is_contradiction,
    earlier_answered_at,
    answered_at,
    cast({{ date_key('answered_date') }} as integer) as answered_date_key,
    {{ dbt.datediff('earlier_answered_at', 'answered_at', 'second') }} / 86400.0 as days_between,
    load_id
from pairs

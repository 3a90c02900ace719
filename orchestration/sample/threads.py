"""Conversations on the brand's social profiles: a question, its answer, what follows.

No ticket is opened for them. How the messages are sent stands in `conversations`; comments below
posts that ask nothing are made in `referrals`.
"""

from __future__ import annotations

import duckdb

from orchestration.sample.parameters import Calendar, Parameters

TOPICS = ("availability", "ingredients", "price", "delivery", "recipe")
CONVERSATION_DAYS = 7
"""After so many days of silence a new question begins a new conversation."""


def build(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create thread_message: one row per message of a thread, in its conversation (0 or 1).

    A machine may confirm at once; people answer, most of the time; who was answered may ask on,
    or come back with another question when the conversation is long over.
    """
    rates = params.rates
    end = f"timestamp '{calendar.end}' + interval 1 day"
    con.execute(f"""
        create temp table thread as
        with asked as (
            select t.touch_id, t.person_id, t.market, t.touched_at as asked_at,
                pick({list(TOPICS)}, chance(t.touch_id, 'message.topic')) as topic,
                case when chance(t.touch_id, 'message.answered') < 0.8 then t.touched_at
                    + to_seconds((600 + wait(t.touch_id, 'message.answer') * 9000)::bigint)
                    end as answered_at,
                employee_of(t.market, case when chance(t.touch_id, 'message.team') < 0.6
                    then 'service' else 'marketing' end, t.touch_id * 2 + 1) as employee_number,
                employee_of(t.market, 'service', t.touch_id * 2) as employee_2_number
            from touch t where t.channel = 'social_message'
        ),
        followed as (
            select *, case
                when chance(touch_id, 'message.follows') < {rates["thread_follow_up"]}
                    then answered_at + to_seconds((3600
                        + chance(touch_id, 'message.follows s') * 4 * 86400)::bigint)
                when chance(touch_id, 'message.follows') > 1 - {rates["thread_again"]}
                    then answered_at + to_seconds(({CONVERSATION_DAYS} * 86400 + 3600
                        + chance(touch_id, 'message.follows s') * 12 * 86400)::bigint)
                end as asked_again_at from asked
        )
        select *, asked_again_at > answered_at + interval {CONVERSATION_DAYS} day as is_new,
            case when chance(touch_id, 'message.follow answered') < 0.75
                then asked_again_at + to_seconds((600 + wait(touch_id,
                    'message.follow answer') * 9000)::bigint) end as answered_again_at
        from followed;
        create table thread_message as
        select t.touch_id, t.person_id, t.market, t.topic, v.number, v.direction,
            v.number = 2 as is_automatic, (v.number > 2 and t.is_new)::int as conversation,
            case v.number when 1 then t.employee_number when 4 then t.employee_2_number
                end as employee_number,
            case v.number when 0 then t.asked_at when 1 then t.answered_at
                when 2 then t.asked_at + interval 5 second when 3 then t.asked_again_at
                else t.answered_again_at end as sent_at
        from thread t cross join (values (0, 'inbound'), (1, 'outbound'), (2, 'outbound'),
            (3, 'inbound'), (4, 'outbound')) v(number, direction)
        where sent_at < {end} and (v.number <> 2
            or chance(t.touch_id, 'message.confirmed') < {rates["thread_confirmed"]})
    """)

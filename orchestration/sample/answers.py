"""What service says: answers on topics, replies to messages, and how customers felt about it.

When it is said stands in `service` (cases) and `threads` (social profiles).
"""

from __future__ import annotations

import duckdb

from orchestration.sample.parameters import Calendar, Parameters
from orchestration.sample.service import FIRST_RESPONSE_TARGET


def build(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create answer, answer_contradiction, customer_message and survey."""
    _create_answers(con, params)
    _create_messages(con)
    _create_surveys(con, params, calendar)


def _create_answers(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """Each topic has one right answer per market; a planted share of later answers differs.

    Ids of answers on social profiles are negative, and so are the numbers of their conversations.
    """
    con.execute(f"""
        create table answer as
        with given_answers as (
            select case_number * 4 as answer_id, case_number, person_id, market, topic, origin,
                number, 0 as position, owner_number as employee_number,
                responded_at as answered_at from service_case where responded_at is not null
            union all
            select case_number * 4 + 1, case_number, person_id, market, topic, origin, number, 1,
                owner_2_number, taken_at
            from service_case where taken_at is not null
            union all
            select case_number * 4 + 2, case_number, person_id, market, topic, origin, number, 2,
                owner_3_number, taken_2_at
            from service_case where taken_2_at is not null
            union all
            select -(touch_id * 8 + number), -(touch_id * 2 + conversation), person_id, market,
                topic, 'Social', conversation, number, employee_number, sent_at
            from thread_message where employee_number is not null
        )
        select *, (number > 0 or position > 0) and chance(answer_id,
            'answer.contradicts') < {params.rates["answer_contradiction"]} as is_planted,
            upper(left(topic, 3)) || '-' || market || '-' || case when is_planted then 'B' else 'A'
                end as answer_code
        from given_answers;
        create table answer_contradiction as
        select a.answer_id as first_answer_id, b.answer_id as later_answer_id, a.person_id, a.topic,
            a.answer_code as first_code,
            b.answer_code as later_code, a.employee_number as first_employee,
                b.employee_number as later_employee,
            a.answered_at as first_answered_at, b.answered_at as later_answered_at
        from answer a join answer b on b.person_id = a.person_id and b.topic = a.topic
            and b.answered_at > a.answered_at
            and b.answered_at <= a.answered_at + interval 30 day and b.answer_code <> a.answer_code
    """)


def _create_messages(con: duckdb.DuckDBPyConnection) -> None:
    """What customers say, and the answer that followed: the question itself, then each message."""
    con.execute("""
        create table customer_message as
        select case_number, 0 as position, opened_at as asked_at, responded_at as answered_at
        from service_case
        union all
        select case_number, 1, asked_again_at, responded_at
        from service_case where asked_again_at is not null
        union all
        select case_number, 2, back_at, back_answered_at
        from service_case where back_at is not null
        union all
        select case_number, 3, reopened_at, reopen_answered_at
        from service_case where reopened_at is not null
        union all
        select -(q.touch_id * 2 + q.conversation), q.number, q.sent_at, a.sent_at
        from thread_message q left join thread_message a
            on a.touch_id = q.touch_id and a.number = q.number + 1 and not a.is_automatic
        where q.direction = 'inbound'
    """)


def _create_surveys(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """CSAT falls with the wait for an answer and with hand-offs; NPS with a recent case."""
    end = f"timestamp '{calendar.end}' + interval 1 day"
    con.execute(f"""
        create table survey as
        select case_number * 2 as survey_id, person_id, market, 'CSAT' as survey_type, case_number,
            null::bigint as order_journey_id,
            least(5, greatest(1, round(4.6 - 0.9 * (response_seconds is null
                or response_seconds > {FIRST_RESPONSE_TARGET})::int
                - 0.7 * handoffs
                + 0.7 * normal(case_number, 'csat.score'))))::bigint as score,
            resolved_at + to_seconds((3600 + chance(case_number, 'csat.late')
                * 90000)::bigint) as responded_at
        from service_case
        where resolved_at is not null and chance(case_number,
            'csat.answers') < {params.rates["csat_answered"]}
        union all
        select journey_id * 2 + 1, person_id, market, 'NPS', null, journey_id,
            least(10, greatest(0, round(8.1 + 1.8 * normal(journey_id, 'nps.score') - 3
                * (exists (select 1 from service_case c
                where c.person_id = j.person_id and c.opened_at between j.converted_at
                    - interval 30 day and j.converted_at))::int)))::bigint,
            converted_at + to_seconds((86400 * (3 + 9 * chance(journey_id, 'nps.late')))::bigint)
        from journey j where outcome = 'converted' and place in ('own_web', 'social_shop')
            and chance(journey_id, 'nps.answers') < {params.rates["nps_answered"]} * 5;
        delete from survey where responded_at >= {end};
    """)

"""Service cases: questions, complaints, hand-offs, answers that contradict each other.

Waits are drawn in business seconds of the market. How the CRM records it stands in
    `salesforce_service`.
"""

from __future__ import annotations

import duckdb

from orchestration.sample.business_time import add_business_time
from orchestration.sample.parameters import Calendar, Parameters

TOPICS = (
    "delivery",
    "refund",
    "ingredients",
    "allergy",
    "availability",
    "price",
    "invoice",
    "loyalty points",
)
ORIGINS = ("Email", "Email", "Phone", "Phone", "Web", "Chat", "Social", "Store")
FIRST_RESPONSE_TARGET = 240 * 60


def build(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create service_case, handoff, answer and survey."""
    _open(con, params, calendar)
    add_business_time(con, "service_case", "opened_at", "response_seconds", "responded_at")
    add_business_time(
        con,
        "service_case",
        "responded_at",
        "case when handoffs > 0 then hold_seconds end",
        "handed_at",
    )
    add_business_time(con, "service_case", "handed_at", "wait_seconds", "taken_at")
    add_business_time(
        con,
        "service_case",
        "taken_at",
        "case when handoffs > 1 then hold_seconds end",
        "handed_2_at",
    )
    add_business_time(con, "service_case", "handed_2_at", "wait_2_seconds", "taken_2_at")
    con.execute("""
        create or replace table service_case as
        select *, coalesce(taken_2_at, taken_at, responded_at) as last_answer_at from service_case
    """)
    add_business_time(con, "service_case", "last_answer_at", "work_seconds", "resolved_at")
    _cut_at_end(con, calendar)
    _create_handoffs(con)
    _create_answers(con, params)
    _create_surveys(con, params, calendar)


def _open(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """One case in the span for some people, and a second one on the same topic for some of them."""
    rates = params.rates
    topics, origins = list(TOPICS), list(ORIGINS)
    share = rates["case_per_person"] * 0.8 * calendar.day_count / 365
    con.execute(f"""
        create table service_case as
        with opened as (
            select p.person_id, p.market, v.number, p.person_id * 4 + v.number as case_number,
                timestamp '{calendar.start}' + to_seconds((chance(p.person_id, 'case.day')
                    * {calendar.day_count} * 86400)::bigint
                    + v.number * (86400 * (2 + 18 * chance(p.person_id,
                        'case.again')))::bigint) as opened_at
            from person p, (values (0), (1)) v(number)
            where chance(p.person_id, 'case.has') < {share!r}::double
                and (v.number = 0 or chance(p.person_id,
                    'case.repeats') < {rates["case_repeat_same_topic"]})
        )
        select o.*, pick({topics}, chance(o.person_id, 'case.topic')) as topic, pick({origins},
            chance(o.case_number, 'case.origin')) as origin,
            pick(['Question', 'Question', 'Complaint', 'Return'], chance(o.case_number,
                'case.type')) as type,
            drawn_wait({FIRST_RESPONSE_TARGET}, o.case_number, 'case.response',
                {rates["case_response_on_time"]}) as response_seconds,
            case when chance(o.case_number, 'case.handoff') >= {rates["case_handoff"]} then 0
                when chance(o.case_number, 'case.handoff 2') < {rates["case_second_handoff"]} then 2
                    else 1 end as handoffs,
            (900 + 5000 * wait(o.case_number, 'case.hold'))::bigint as hold_seconds,
            (600 + 26000 * wait(o.case_number, 'case.wait'))::bigint as wait_seconds,
            (600 + 26000 * wait(o.case_number, 'case.wait 2'))::bigint as wait_2_seconds,
            (600 + 22000 * wait(o.case_number, 'case.work'))::bigint as work_seconds,
            employee_of(o.market, 'service', o.case_number * 4) as owner_number,
            employee_of(o.market, case when chance(o.case_number, 'case.to') < 0.5 then 'sales'
                else 'marketing' end, o.case_number * 4 + 1) as owner_2_number,
            employee_of(o.market, 'service', o.case_number * 4 + 2) as owner_3_number
        from opened o where o.opened_at < timestamp '{calendar.end}' + interval 1 day
    """)


def _cut_at_end(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    end = f"timestamp '{calendar.end}' + interval 1 day"
    times = ("responded_at", "handed_at", "taken_at", "handed_2_at", "taken_2_at", "resolved_at")
    cut = ", ".join(f"case when {t} < {end} then {t} end as {t}" for t in times)
    con.execute(f"""
        create or replace table service_case as
        select c.* exclude ({", ".join(times)}, last_answer_at), {cut},
            o.journey_id as order_journey_id
        from service_case c
        left join (
            select c.case_number, max(j.journey_id) as journey_id
            from service_case c join shop_order o on o.person_id = c.person_id
                and o.ordered_at between c.opened_at - interval 30 day and c.opened_at
            join journey j on j.journey_id = o.journey_id
            where c.topic in ('delivery', 'refund', 'invoice') group by c.case_number
        ) o on o.case_number = c.case_number
    """)


def _create_handoffs(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("""
        create table handoff as
        select case_number * 2 as handoff_id, case_number, person_id, 1 as position,
            owner_number as from_employee, owner_2_number as to_employee,
            handed_at, taken_at as picked_up_at, wait_seconds
        from service_case where handed_at is not null
        union all
        select case_number * 2 + 1, case_number, person_id, 2, owner_2_number, owner_3_number,
            handed_2_at, taken_2_at, wait_2_seconds
        from service_case where handed_2_at is not null
    """)


def _create_answers(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """Each topic has one right answer per market; a planted share of later answers differs."""
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


def _create_surveys(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """CSAT falls with the wait for an answer and with hand-offs; NPS with a recent case."""
    end = f"timestamp '{calendar.end}' + interval 1 day"
    con.execute(f"""
        create table survey as
        select case_number * 2 as survey_id, person_id, market, 'CSAT' as survey_type, case_number,
            null::bigint as order_journey_id,
            least(5, greatest(1, round(4.6 - 0.9 * (response_seconds > {FIRST_RESPONSE_TARGET})::int
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

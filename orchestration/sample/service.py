"""Service cases: questions, complaints, hand-offs, waits for the customer, re-openings.

Waits are drawn in business seconds of the market. What is answered and how it felt stands in
`answers`, how the CRM records it in `salesforce_service`.
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
_TIMES = (
    "held_at", "hold_ended_at", "asked_again_at", "responded_at", "handed_at", "taken_at",
    "handed_2_at", "taken_2_at", "waits_from", "back_at", "back_answered_at", "first_resolved_at",
    "reopened_at", "reopen_answered_at", "resolved_2_at",
)  # fmt: skip


def build(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create service_case, case_pause and handoff."""
    _open(con, params, calendar)
    _answer(con, params)
    _wait_for_customer(con, params)
    _close(con, params)
    _cut_at_end(con, calendar)
    _create_pauses(con)
    _create_handoffs(con)


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
            case when chance(o.case_number, 'case.ignored') >= {rates["case_never_answered"]}
                then drawn_wait({FIRST_RESPONSE_TARGET}, o.case_number, 'case.response',
                    {rates["case_response_on_time"]}) end as response_seconds,
            case when chance(o.case_number, 'case.handoff') >= {rates["case_handoff"]} then 0
                when chance(o.case_number, 'case.handoff 2') < {rates["case_second_handoff"]} then 2
                    else 1 end as handoffs,
            (900 + 5000 * wait(o.case_number, 'case.hold'))::bigint as hold_seconds,
            (600 + 26000 * wait(o.case_number, 'case.wait'))::bigint as wait_seconds,
            (600 + 26000 * wait(o.case_number, 'case.wait 2'))::bigint as wait_2_seconds,
            (600 + 22000 * wait(o.case_number, 'case.work'))::bigint as work_seconds,
            (600 + 9000 * wait(o.case_number, 'case.reply'))::bigint as reply_seconds,
            employee_of(o.market, 'service', o.case_number * 4) as owner_number,
            employee_of(o.market, case when chance(o.case_number, 'case.to') < 0.5 then 'sales'
                else 'marketing' end, o.case_number * 4 + 1) as owner_2_number,
            employee_of(o.market, 'service', o.case_number * 4 + 2) as owner_3_number
        from opened o where o.opened_at < timestamp '{calendar.end}' + interval 1 day
    """)


def _answer(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """First answer and hand-offs; some cases are put on hold before it, some people write twice."""
    add_business_time(con, "service_case", "opened_at", "response_seconds", "responded_at")
    hand, hand_2 = (f"case when handoffs > {number} then hold_seconds end" for number in (0, 1))
    add_business_time(con, "service_case", "responded_at", hand, "handed_at")
    add_business_time(con, "service_case", "handed_at", "wait_seconds", "taken_at")
    add_business_time(con, "service_case", "taken_at", hand_2, "handed_2_at")
    add_business_time(con, "service_case", "handed_2_at", "wait_2_seconds", "taken_2_at")
    con.execute(f"""
        create or replace table service_case as
        with held as (
            select *, case when chance(case_number, 'case.on hold') < {params.rates["case_on_hold"]}
                and responded_at > opened_at + interval 40 minute
                    then opened_at + interval 10 minute end as held_at,
                case when chance(case_number, 'case.impatient') < {params.rates["case_impatient"]}
                    then opened_at + to_seconds((3600 * (3
                        + 40 * chance(case_number, 'case.impatient s')))::bigint) end as nudged_at
            from service_case
        )
        select * exclude (nudged_at),
            held_at + to_seconds((900 + (epoch(responded_at) - epoch(held_at) - 1200)
                * chance(case_number, 'case.on hold s'))::bigint) as hold_ended_at,
            case when nudged_at < coalesce(responded_at, nudged_at + interval 1 second)
                then nudged_at end as asked_again_at,
            coalesce(taken_2_at, taken_at, responded_at) as last_answer_at
        from held
    """)


def _wait_for_customer(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """Some answers ask the customer for something; most customers come back, and are answered."""
    con.execute(f"""
        create or replace table service_case as
        with waited as (
            select *, case when chance(case_number, 'case.waits') < {params.rates["case_waits"]}
                then last_answer_at + interval 1 minute end as waits_from,
            from service_case
        )
        select *, case when chance(case_number, 'case.comes back') < 0.85
            then waits_from + to_seconds((3600 + 86400 * least(6, 2 * wait(case_number,
                'case.back')))::bigint) end as back_at
        from waited
    """)
    add_business_time(con, "service_case", "back_at", "reply_seconds", "back_answered_at")


def _close(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """Solved after the last answer; given up after a week of silence; some are opened again."""
    con.execute("""
        create or replace table service_case as
        select *, case when waits_from is null then last_answer_at else back_answered_at
            end as work_from from service_case
    """)
    add_business_time(con, "service_case", "work_from", "work_seconds", "solved_at")
    con.execute(f"""
        create or replace table service_case as
        with closed as (
            select * exclude (solved_at, work_from), coalesce(solved_at,
                case when waits_from is not null and back_at is null
                    then waits_from + interval 7 day end,
                case when response_seconds is null and chance(case_number, 'case.given up') < 0.7
                    then opened_at + to_seconds((86400 * (3 + 8 * chance(case_number,
                        'case.given up s')))::bigint) end) as first_resolved_at
            from service_case
        )
        select *, case when response_seconds is not null
            and chance(case_number, 'case.reopens') < {params.rates["case_reopened"]}
                then first_resolved_at + to_seconds((86400 * (0.2 + 11 * chance(case_number,
                    'case.reopens s')))::bigint) end as reopened_at
        from closed
    """)
    again = "reply_seconds"
    add_business_time(con, "service_case", "reopened_at", again, "reopen_answered_at")
    add_business_time(con, "service_case", "reopen_answered_at", "work_seconds", "resolved_2_at")


def _cut_at_end(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """What is yet to come is not known; resolved_at is the closing that stands."""
    end = f"timestamp '{calendar.end}' + interval 1 day"
    cut = ", ".join(f"case when {t} < {end} then {t} end as {t}" for t in _TIMES)
    con.execute(f"""
        create or replace table service_case as
        with known as (
            select * exclude ({", ".join(_TIMES)}, last_answer_at), {cut} from service_case
        )
        select c.*, case when c.reopened_at is null then c.first_resolved_at
            else c.resolved_2_at end as resolved_at, o.journey_id as order_journey_id
        from known c
        left join (
            select c.case_number, max(j.journey_id) as journey_id
            from service_case c join shop_order o on o.person_id = c.person_id
                and o.ordered_at between c.opened_at - interval 30 day and c.opened_at
            join journey j on j.journey_id = o.journey_id
            where c.topic in ('delivery', 'refund', 'invoice') group by c.case_number
        ) o on o.case_number = c.case_number
    """)


def _create_pauses(con: duckdb.DuckDBPyConnection) -> None:
    """Times in which a case owes nothing: on hold, waiting for the customer, closed for a while.

    They don't overlap; paused_to is null where the pause goes on.
    """
    con.execute("""
        create table case_pause as
        select case_number, market, 'On Hold' as status, held_at as paused_from,
            hold_ended_at as paused_to
        from service_case where held_at is not null
        union all
        select case_number, market, 'Waiting on Customer', waits_from,
            coalesce(back_at, first_resolved_at)
        from service_case where waits_from is not null
        union all
        select case_number, market, 'Closed', first_resolved_at, reopened_at
        from service_case where reopened_at is not null
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

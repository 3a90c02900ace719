"""The saved queries of service on a small world worked out by hand.

Three tickets, one of them closed without an answer and one that still waits; a hand-over that
nobody picked up; answers that agree and that don't; people who said how they felt. Expected numbers
are counted on paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from questions_asked import asked, small_world

MAIL, PHONE = 1, 2
CHANNELS = [
    {"channel_key": MAIL, "channel_name": "Mail"},
    {"channel_key": PHONE, "channel_name": "Phone"},
]


def ticket(key: int, status: str, business: float, **columns: Any) -> dict[str, Any]:
    usual = {
        "channel_key": MAIL,
        "department": "service",
        "source_system": "salesforce",
        "is_counted": True,
        "is_closed": status != "waiting",
        "waited_minutes": business * 2,
    }
    names = {"ticket_key": key, "answer_status": status, "waited_business_minutes": business}
    return usual | names | columns


TICKETS = [
    ticket(1, "answered", 10.0, csat_score=5),
    ticket(2, "answered", 30.0, channel_key=PHONE),
    ticket(3, "closed_unanswered", 500.0, csat_score=1),
    ticket(4, "waiting", 70.0),
    ticket(5, "answered", 99.0, is_counted=False),
]


def reply(key: int, outcome: str, opening: bool, business: float | None = None) -> dict[str, Any]:
    """A customer's message; service replies, marketing to the second ticket."""
    department = "marketing" if key == 2 else "service"
    return {
        "ticket_key": key,
        "channel_key": PHONE if key == 2 else MAIL,
        "is_counted": key != 5,
        "is_opening": opening,
        "outcome": outcome,
        "reply_department": department if outcome == "answered" else None,
        "wait_business_minutes": business,
        "wait_minutes": business,
    }


REPLIES = [
    *(reply(key, "answered", True) for key in (1, 2, 5)),
    reply(3, "closed_unanswered", True),
    reply(4, "waiting", True),
    reply(1, "answered", False, 20.0),
    reply(1, "answered", False, 40.0),
    reply(1, "after_closing", False),
    reply(4, "waiting", False, 60.0),
]
HANDOFFS = [
    {"channel_key": MAIL, "from_department": "service", "to_department": to, "outcome": outcome,
     "wait_business_minutes": wait, "wait_minutes": wait + 5, "is_counted": True}
    for to, outcome, wait in (
        ("sales", "picked_up", 15.0), ("sales", "handed_on", 99.0), ("marketing", "waiting", 7.0),
    )
]  # fmt: skip


def pair(first: str, later: str, contradicts: bool, **columns: Any) -> dict[str, Any]:
    usual = {
        "earlier_channel_key": MAIL,
        "channel_key": MAIL,
        "customer_key": 7,
        "is_between_departments": first != later,
        "is_between_channels": False,
        "is_same_ticket": False,
        "is_with_machine": "machine" in (first, later),
        "days_between": 2.0,
    }
    names = {"earlier_department": first, "department": later, "is_contradiction": contradicts}
    return usual | names | columns


PAIRS = [
    pair("service", "marketing", True),
    pair("service", "marketing", False),
    pair("service", "marketing", True, days_between=4.0, is_same_ticket=True),
    pair("marketing", "service", False, channel_key=PHONE, is_between_channels=True),
    pair("machine", "service", True, customer_key=-1, is_same_ticket=True),
    pair("service", "service", True, channel_key=PHONE, is_between_channels=True, customer_key=8),
]
ANSWERS = [{"is_counted": True, "customer_key": key} for key in (7, 7, 8, -1)]


def felt(measure: str, value: Any, **columns: Any) -> dict[str, Any]:
    """An answer to a survey, or a mood; of customer 7 by mail unless `columns` say otherwise."""
    usual = {
        "customer_key": 7,
        "channel_key": MAIL,
        "department": "service",
        "stage": "service",
        "touchpoint_type": "ticket_opened" if measure == "sentiment" else f"{measure}_answered",
        "journey_key": 70,
        "measure": measure,
    }
    if measure == "sentiment":
        parts = {"sentiment": value, "is_negative": value == "negative",
                 "is_positive": value == "positive",
                 "score": {"negative": 0.0, "neutral": 0.5, "positive": 1.0}[value]}  # fmt: skip
    elif measure == "csat":
        parts = {"raw_score": value, "score": (value - 1) / 4, "is_positive": value >= 4,
                 "is_negative": value <= 2}  # fmt: skip
    else:
        kind = "promoter" if value >= 9 else "passive" if value >= 7 else "detractor"
        parts = {"raw_score": value, "score": value / 10, "nps_class": kind,
                 "is_positive": value >= 9, "is_negative": value <= 6}  # fmt: skip
    return usual | parts | columns


FEELINGS = [
    felt("csat", 5),
    felt("csat", 1, channel_key=PHONE, customer_key=8),
    felt("csat", 4, journey_key=-1),
    *(felt("nps", score, department="unknown") for score in (10, 9, 7, 6)),
    felt("nps", 0, customer_key=-1, department="unknown"),
    felt("sentiment", "negative"),
    felt("sentiment", "neutral", channel_key=PHONE),
    felt("sentiment", "positive", channel_key=PHONE),
    felt("sentiment", "negative", channel_key=PHONE),
]


@pytest.fixture(scope="module")
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    tables = {
        "dim_channel": CHANNELS,
        "fct_ticket": TICKETS,
        "fct_ticket_reply": REPLIES,
        "fct_ticket_handoff": HANDOFFS,
        "fct_answer": ANSWERS,
        "fct_answer_pair": PAIRS,
        "fct_satisfaction": FEELINGS,
        "fct_journey": [{"journey_key": 70, "outcome": "converted"}],
        "customer_360": [{"customer_key": 7, "last_feeling": "negative"}],
    }
    with small_world(tables) as connection:
        yield connection


def test_q11_who_got_no_answer_is_counted_beside_who_waited(
    world: duckdb.DuckDBPyConnection,
) -> None:
    told = {
        (row["waits_for"], row["channel_name"], row["from_department"], row["to_department"]): row
        for row in asked(world, "q11")
    }
    columns = ("waits", "ended", "still_waiting", "given_up", "unanswered_share",
               "p50_business_minutes", "p90_business_minutes", "p50_minutes")  # fmt: skip

    def numbers(*key: str) -> tuple[Any, ...]:
        return tuple(told[key][column] for column in columns)

    every = ("all", "all", "all")
    assert numbers("first answer", *every) == pytest.approx((4, 2, 1, 1, 0.5, 20, 28, 40))
    assert numbers("first answer", "Mail", "all", "all") == pytest.approx(
        (3, 1, 1, 1, 2 / 3, 10, 10, 20)
    )
    assert numbers("first answer", "all", "customer", "marketing")[:2] == (1, 1)
    assert numbers("next reply", *every) == pytest.approx((3, 2, 1, 0, 1 / 3, 30, 38, 30))
    assert told[("next reply", *every)]["longest_open_business_minutes"] == 60
    assert numbers("hand-over", *every) == pytest.approx((3, 1, 1, 1, 2 / 3, 15, 15, 20))
    assert numbers("hand-over", "all", "service", "marketing")[:5] == (1, 0, 1, 0, 1.0)
    assert numbers("hand-over", "all", "service", "marketing")[5:] == (None, None, None)


def test_q12_rates_are_of_the_pairs_that_could_contradict(
    world: duckdb.DuckDBPyConnection,
) -> None:
    told = {(r["compared"], r["said_first"], r["said_later"]): r for r in asked(world, "q12")}
    columns = ("pairs", "contradictions", "contradiction_rate", "customers", "on_one_ticket",
               "with_a_machine", "median_days_between")  # fmt: skip

    def numbers(*key: str) -> tuple[Any, ...]:
        return tuple(told[key][column] for column in columns)

    assert numbers("all", "all", "all") == pytest.approx((6, 4, 2 / 3, 2, 2, 1, 2.0))
    assert told["all", "all", "all"]["answers"] == 4
    assert told["all", "all", "all"]["answers_to_unknown_people"] == 1
    assert numbers("departments", "service", "marketing") == pytest.approx(
        (3, 2, 2 / 3, 1, 1, 0, 3.0)
    )
    assert numbers("departments", "machine", "service")[:4] == (1, 1, 1.0, 0)
    assert numbers("departments", "marketing", "service")[:3] == (1, 0, 0.0)
    assert numbers("channels", "Mail", "Phone")[:4] == (2, 1, 0.5, 1)
    assert ("departments", "service", "service") not in told
    assert ("channels", "Mail", "Mail") not in told


def test_q16_each_measure_keeps_its_scale(world: duckdb.DuckDBPyConnection) -> None:
    told = {(row["seen_by"], row["name"]): row for row in asked(world, "q16")}
    columns = ("csat_answers", "mean_csat", "satisfied_share", "nps_answers",
               "net_promoter_score", "tagged_moods", "negative_share", "customers",
               "of_unknown_people")  # fmt: skip

    def numbers(*key: str) -> tuple[Any, ...]:
        return tuple(told[key][column] for column in columns)

    # Two promoters and two detractors of five.
    whole = (3, 10 / 3, 2 / 3, 5, 0.0, 4, 0.5, 2, 1)
    assert numbers("all", "all") == pytest.approx(whole)
    assert float(told["all", "all"]["closed_tickets_with_csat_share"]) == pytest.approx(2 / 3)
    assert numbers("channel", "Mail")[:4] == pytest.approx((2, 4.5, 1.0, 5))
    assert numbers("channel", "Phone")[:3] == (1, 1.0, 0.0)
    assert numbers("channel", "Phone")[5:7] == pytest.approx((3, 1 / 3))
    assert numbers("channel", "Phone")[4] is None
    assert numbers("interaction", "nps_answered")[3:5] == (5, 0.0)
    assert numbers("department", "service")[0] == 3
    assert told["journey", "outside any journey"]["csat_answers"] == 1
    seen_by = "customer, by the last that is known"
    assert numbers(seen_by, "negative")[7:] == (1, 0)
    assert numbers(seen_by, "not known")[7:] == (1, 1)

"""Saved queries on a small world worked out by hand, with what the sample company never has.

An e-tailer that shares its loyalty baskets, a purchase that nothing led to, a category of which
nobody is known, a stage that is skipped. Expected numbers are counted on paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from questions_asked import asked, small_world

AT, MONTH = datetime(2025, 3, 1, 9), date(2025, 3, 1)
SEARCH, POST, TILL = 1, 2, 3
STORE_CHAIN, E_TAILER = 7, 8
CHANNELS = [
    {"channel_key": SEARCH, "channel_code": "search", "channel_name": "Search", "is_digital": True},
    {"channel_key": POST, "channel_code": "post", "channel_name": "Post", "is_digital": False},
    {"channel_key": TILL, "channel_code": "till", "channel_name": "Till", "is_digital": False},
]
CUSTOMERS = [
    {"customer_key": key, "is_current": True, "is_identified": key != 4} for key in (1, 2, 3, 4)
]
DISTRIBUTORS = [
    {"distributor_key": STORE_CHAIN, "distributor_name": "Chain", "is_current": True},
    {"distributor_key": STORE_CHAIN, "distributor_name": "Chain of old", "is_current": False},
    {"distributor_key": E_TAILER, "distributor_name": "Clicks", "is_current": True},
]


def journey(key: int, customer: int, outcome: str, **columns: Any) -> dict[str, Any]:
    """A journey of two contacts that search on a phone began, unless `columns` say otherwise."""
    usual = {
        "entry_channel_key": SEARCH,
        "entry_device_category": "mobile",
        "is_online_start": True,
        "touchpoint_count": 2,
        "loop_count": 0,
        "back_step_count": 0,
        "skipped_stage_count": 0,
        "is_linear": True,
    }
    names = {"journey_key": key, "customer_key": customer, "outcome": outcome}
    return usual | names | columns


JOURNEYS = [
    # Seen by search, bought in the store.
    journey(10, 1, "converted", place_type="physical_store", revenue_amount=10, converted_at=AT,
            consideration_at=AT, intent_at=AT, loyalty_at=AT),
    # Came by post and bought at the e-tailer; skipped two stages.
    journey(20, 2, "converted", place_type="e_tailer", revenue_amount=20, converted_at=AT,
            entry_channel_key=POST, entry_device_category="unknown", is_online_start=False,
            touchpoint_count=1, awareness_at=AT, skipped_stage_count=2, is_linear=False),
    # Nothing is known before the purchase.
    journey(30, 3, "converted", place_type="physical_store", revenue_amount=30, converted_at=AT,
            entry_channel_key=TILL, entry_device_category="unknown", is_online_start=False,
            touchpoint_count=0),
    # Lost after intent, having stepped back to awareness; a device; one that still runs; a ticket.
    journey(11, 1, "lapsed", awareness_at=AT, intent_at=AT, loop_count=1, back_step_count=1,
            stage_path="awareness > intent > awareness", is_linear=False),
    journey(40, 4, "lapsed", awareness_at=AT, stage_path="awareness",
            entry_device_category="desktop"),
    journey(12, 2, "open", consideration_at=AT, stage_path="consideration"),
    journey(31, 3, "lapsed", service_at=AT, stage_path="service", entry_channel_key=POST,
            touchpoint_count=1),
]  # fmt: skip
CONVERSIONS = [
    {"conversion_key": 1, "customer_key": 1, "place_type": "physical_store", "market_code": "ES",
     "distributor_key": STORE_CHAIN, "online_contact_count": 2, "is_seen_online": True},
    {"conversion_key": 2, "customer_key": 2, "place_type": "e_tailer", "market_code": "ES",
     "distributor_key": E_TAILER, "online_contact_count": 5, "is_seen_online": True},
    {"conversion_key": 3, "customer_key": 3, "place_type": "physical_store", "market_code": "GB",
     "distributor_key": STORE_CHAIN, "online_contact_count": 0, "is_seen_online": False},
]  # fmt: skip
# What all shoppers bought: month x market x distributor x place x category.
SOLD = [
    ("ES", STORE_CHAIN, "physical_store", "Soap", 60, 2, 10, 2, 10, 2, 10),
    ("ES", STORE_CHAIN, "physical_store", "Oil", 20, 0, 0, 0, 0, 0, 0),
    ("GB", STORE_CHAIN, "physical_store", "Soap", 10, 6, 30, 0, 0, 0, 0),
    ("ES", E_TAILER, "e_tailer", "Soap", 10, 5, 20, 5, 20, 5, 20),
]
SOLD_COLUMNS = (
    "market_code", "distributor_key", "place_type", "product_category", "sold_units",
    "identified_units", "identified_amount", "seen_online_units", "seen_online_amount",
    "researched_online_units", "researched_online_amount",
)  # fmt: skip


@pytest.fixture(scope="module")
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of the small world, each with the columns of its contract."""
    sold = [dict(zip(SOLD_COLUMNS, row, strict=True)) for row in SOLD]
    tables = {
        "dim_channel": CHANNELS,
        "dim_customer": CUSTOMERS,
        "dim_distributor": DISTRIBUTORS,
        "fct_journey": JOURNEYS,
        "fct_conversion": [row | {"conversion_type": "sale"} for row in CONVERSIONS],
        "fct_ropo_monthly": [row | {"month_start_date": MONTH} for row in sold],
    }
    with small_world(tables) as connection:
        yield connection


def by(rows: list[dict[str, Any]], *columns: str) -> dict[Any, dict[str, Any]]:
    """The rows by the values of these columns."""
    keys = (tuple(row[column] for column in columns) for row in rows)
    return {key if len(key) > 1 else key[0]: row for key, row in zip(keys, rows, strict=True)}


def told(row: dict[str, Any], *columns: str) -> tuple[Any, ...]:
    return tuple(row[column] for column in columns)


def test_q02_people_are_lost_at_their_furthest_stage(world: duckdb.DuckDBPyConnection) -> None:
    stages = by(asked(world, "q02"), "people", "stage")
    columns = ("journeys_reached", "went_on_share", "converted_share", "lost_as_furthest",
               "lost_after_contact", "open_journeys")  # fmt: skip
    assert told(stages["known people", "awareness"], *columns) == (2, 1.0, 0.5, 0, 1, 0)
    assert told(stages["known people", "consideration"], *columns) == (1, 1.0, 1.0, 0, 0, 1)
    assert told(stages["known people", "intent"], *columns) == (2, 0.5, 0.5, 1, 0, 0)
    assert told(stages["known people", "purchase"], *columns) == (3, 1 / 3, 1.0, 0, 0, 0)
    assert told(stages["unknown people", "awareness"], *columns) == (1, 0.0, 0.0, 1, 1, 0)
    assert stages["unknown people", "intent"]["converted_share"] is None, "nobody got so far"


def test_q07_a_known_buyer_at_an_e_tailer_is_a_conversion(
    world: duckdb.DuckDBPyConnection,
) -> None:
    places = by(asked(world, "q07"), "place_type")
    columns = ("conversions", "conversion_share", "sold_units", "sold_unit_share",
               "unidentified_unit_share")  # fmt: skip
    store, e_tailer = places["physical_store"], places["e_tailer"]
    assert told(store, *columns) == pytest.approx((2, 2 / 3, 90, 0.9, 1 - 8 / 90))
    assert told(e_tailer, *columns) == pytest.approx((1, 1 / 3, 10, 0.1, 0.5))


def test_q21_an_unknown_start_has_its_own_row(world: duckdb.DuckDBPyConnection) -> None:
    starts = by(asked(world, "q21"), "entry_device", "entry_channel")
    columns = ("journeys", "conversions", "in_physical_store", "at_e_tailer",
               "journeys_of_unknown_devices")  # fmt: skip
    assert told(starts["all", "all"], *columns) == (5, 3, 2, 1, 1), "the open one has no end yet"
    assert told(starts["mobile", "Search"], *columns) == (2, 1, 1, 0, 0)
    assert told(starts["desktop", "Search"], *columns) == (0, 0, 0, 0, 1)
    assert told(starts["all", "Post"], *columns) == (2, 1, 0, 1, 0)
    nothing = "nothing seen before"
    assert told(starts[nothing, nothing], *columns) == (1, 1, 1, 0, 0)


def test_q28_an_e_tailer_is_no_store_and_nothing_is_guessed(
    world: duckdb.DuckDBPyConnection,
) -> None:
    members = by(asked(world, "q28"), "level", "member")
    columns = ("purchases", "after_online_contact", "online_share", "seen_online_share",
               "online_share_where_seen", "influenced_amount", "influenced_share",
               "online_unit_share", "sold_units", "unidentified_unit_share")  # fmt: skip
    whole = (2, 1, 0.5, 0.5, 1.0, 10.0, 0.25, 0.25, 90.0, 1 - 8 / 90)
    assert told(members["all", "all"], *columns) == pytest.approx(whole)
    assert told(members["distributor", "Chain"], *columns) == pytest.approx(whole)
    assert told(members["market", "ES"], *columns) == pytest.approx(
        (1, 1, 1.0, 1.0, 1.0, 10.0, 1.0, 1.0, 80.0, 1 - 2 / 80)
    )
    assert told(members["market", "GB"], *columns[:6]) == (1, 0, 0.0, 0.0, None, 0.0)
    oil = members["product category", "Oil"]
    assert told(oil, "influenced_amount", "unidentified_unit_share") == (None, 1.0)
    assert len(members) == 6


def test_q31_loops_and_skips_are_counted_apart(world: duckdb.DuckDBPyConnection) -> None:
    groups = by(asked(world, "q31"), "people", "outcome")
    columns = ("journeys", "linear_share", "journeys_of_two_contacts",
               "linear_share_of_two_contacts", "loop_share", "back_step_share", "skipped_share",
               "skipped_stages_per_journey")  # fmt: skip
    assert told(groups["known people", "converted"], *columns) == pytest.approx(
        (3, 2 / 3, 1, 1.0, 0, 0, 1 / 3, 2 / 3)
    )
    assert told(groups["known people", "lapsed"], *columns) == pytest.approx(
        (2, 0.5, 1, 0.0, 0.5, 0.5, 0, 0)
    )


def test_q32_stands_beside_what_is_published(world: duckdb.DuckDBPyConnection) -> None:
    places = by(asked(world, "q32"), "place_type")
    columns = ("conversions", "online_starts", "online_start_share",
               "online_start_share_where_seen", "sold_unit_share")  # fmt: skip
    assert told(places["all"], *columns) == pytest.approx((3, 1, 1 / 3, 0.5, 1.0))
    assert told(places["physical_store"], *columns) == pytest.approx((2, 1, 0.5, 1.0, 0.9))
    assert told(places["e_tailer"], *columns) == pytest.approx((1, 0, 0.0, 0.0, 0.1))
    assert float(places["all"]["published_online_start_share"]) == 0.67
    assert float(places["physical_store"]["published_store_share"]) == 0.95

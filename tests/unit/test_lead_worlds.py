"""Q33 and Q35 on a handful of leads whose answers are counted on paper.

A fair that cost 300 and brought two leads, one of them won twice; a banner that cost 50 and brought
none; leads of no campaign; a deal without a lead; a duplicate, which counts in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import pytest
from questions_asked import asked, small_world

AT = datetime(2025, 3, 1, 9)
FAIR, BANNER = 1, 2


def lead(key: int, furthest: str, current: str, **columns: Any) -> dict[str, Any]:
    """A lead of the fair with a score of 50, of no deals, unless `columns` say otherwise."""
    usual = {
        "lead_source": "Fair",
        "campaign_key": FAIR,
        "is_counted": True,
        "is_inferred": False,
        "score": 50,
        "won_deal_count": 0,
        "unknown_margin_deal_count": 0,
    }
    names = {"lead_key": key, "furthest_stage": furthest, "current_stage": current}
    return usual | names | columns


LEADS = [
    lead(1, "won", "won", cost_amount=150, won_deal_count=2, won_amount=900, margin_amount=400,
         unknown_margin_deal_count=1, score=85),
    # Qualified, rejected for its budget, sent back to marketing.
    lead(2, "mql", "recycled", cost_amount=150, rejected_at=AT, recycled_at=AT,
         rejection_reason="No budget"),
    # No campaign and no score; sales has not decided yet.
    lead(3, "mql", "mql", lead_source="Web", campaign_key=-1, score=None, open_amount=70),
    # Rejected, opened again, accepted, lost.
    lead(4, "sql", "lost", lead_source="Web", campaign_key=-1, score=20, rejected_at=AT),
    lead(5, "captured", "captured", lead_source="Web", campaign_key=-1, score=19),
    lead(6, "won", "won", is_inferred=True, lead_source="unknown", campaign_key=-1, score=None,
         won_deal_count=1, won_amount=40, margin_amount=10),
    lead(7, "won", "won", is_counted=False, cost_amount=None, won_deal_count=1, won_amount=900),
]  # fmt: skip
CAMPAIGNS = [
    {"campaign_key": FAIR, "campaign_name": "Fair of spring", "cost_amount": 200},
    {"campaign_key": BANNER, "campaign_name": "Banner", "cost_amount": None},
    {"campaign_key": -1, "campaign_name": "Unknown", "cost_amount": None},
]
SPENT = [
    {"campaign_key": FAIR, "spend_amount": 100},
    {"campaign_key": BANNER, "spend_amount": 50},
]


@pytest.fixture(scope="module")
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of these leads, each with the columns of its contract."""
    tables = {"fct_lead": LEADS, "dim_campaign": CAMPAIGNS, "fct_ad_spend_daily": SPENT}
    with small_world(tables) as connection:
        yield connection


def told(row: dict[str, Any], *columns: str) -> tuple[Any, ...]:
    return tuple(row[column] for column in columns)


def test_q33_shows_what_paid_and_what_nobody_knows(world: duckdb.DuckDBPyConnection) -> None:
    rows = {(row["lead_source"], row["campaign"]): row for row in asked(world, "q33")}
    assert len(rows) == 4
    reached = ("leads", "reached_mql", "reached_sal", "reached_sql", "reached_opportunity",
               "reached_won", "won_share")  # fmt: skip
    money = ("has_cost", "cost_amount", "cost_per_lead", "cost_per_won_lead", "won_deals",
             "won_deals_without_margin", "won_amount", "margin_amount",
             "margin_less_cost_amount", "margin_less_cost_per_lead")  # fmt: skip
    fair = rows["Fair", "Fair of spring"]
    assert told(fair, *reached) == (2, 2, 1, 1, 1, 1, 0.5)
    assert told(fair, *money) == (True, 300, 150, 300, 2, 1, 900, 400, 100, 50)
    web = rows["Web", "Unknown"]
    assert told(web, *reached) == (3, 2, 1, 1, 0, 0, 0)
    assert told(web, *money) == (False, None, None, None, 0, 0, None, None, None, None)
    assert web["open_amount"] == 70
    without = rows["deals without a lead", "Unknown"]
    assert told(without, "leads", "reached_won", "won_amount", "margin_amount") == (0, 1, 40, 10)
    banner = rows["campaigns without a lead", "Banner"]
    assert told(banner, "leads", "cost_amount", "margin_less_cost_amount") == (0, 50, -50)


def test_q35_tells_decided_from_undecided(world: duckdb.DuckDBPyConnection) -> None:
    rows = {(row["view"], row["value"]): row for row in asked(world, "q35")}
    counts = ("leads", "qualified_leads", "accepted_leads", "rejected_leads", "decided_leads",
              "undecided_leads", "recycled_leads", "ended_leads", "won_leads")  # fmt: skip
    assert told(rows["all", "all"], *counts) == (5, 4, 2, 2, 3, 1, 1, 3, 1)
    shares = ("accepted_share", "rejected_share", "recycled_share_of_rejected",
              "won_share_of_ended")  # fmt: skip
    assert told(rows["all", "all"], *shares) == pytest.approx((2 / 3, 2 / 3, 0.5, 1 / 3))
    assert told(rows["origin", "Web"], *counts) == (3, 2, 1, 1, 1, 1, 0, 1, 0)
    bands = {value: row["is_in_order"] for (view, value), row in rows.items() if view == "score"}
    assert bands == {
        "00 to 19": True, "20 to 39": True, "40 to 59": False, "80 to 100": True, "unknown": None,
    }  # fmt: skip
    reasons = {value: row["leads"] for (view, value), row in rows.items() if "reason" in view}
    assert reasons == {"No budget": 1, "unknown": 1}

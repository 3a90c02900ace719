"""A table of touchpoints and conversions that anybody may have, run as one feed of a company."""

from __future__ import annotations

from pathlib import Path

import pytest
from main_job import CornerShop

FEED = """\
type: orchestration.components.feed.FileFeed
attributes:
  source: clicks
  table: contact
  layout: touchpoint.contact
  files: "clicks/*.csv"
  format: {type: csv}
  time_zone: Europe/Madrid
  columns: {contact_id: id, person_id: cookie, occurred_at: time, channel: channel, amount: value}
  values:
    touchpoint_type: "coalesce(kind, 'ad_click')"
    conversion_type: "case when kind = 'purchase' then 'sale' end"
"""
ROWS = """\
id,cookie,time,channel,kind,value
1,a,2025-03-01 00:30:00,display,,
2,a,2025-03-03 10:00:00,search,,
3,a,2025-03-04 10:00:00,own_web,purchase,90
4,b,2025-03-05 10:00:00,search,,
5,b,2025-03-06 10:00:00,nowhere,seance,
6,c,2025-03-07 10:00:00,own_web,purchase,10
7,,2025-03-08 10:00:00,search,,
"""
CHANNELS = """
  - {code: display, name: Display, ownership: paid, medium: digital, department: marketing, intent: discover, stage: awareness}
  - {code: search, name: Search, ownership: paid, medium: digital, department: marketing, intent: search, stage: consideration}
"""  # noqa: E501


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> CornerShop:
    """The corner shop with the feed, and a kind of contact that nobody describes."""
    folder = tmp_path_factory.mktemp("clicks")
    shop = CornerShop(folder, tmp_path_factory.getbasetemp() / "dbt_target")
    feed = shop.rules / "feeds" / "channel_clicks" / "defs.yaml"
    feed.parent.mkdir()
    feed.write_text(FEED, encoding="utf-8")
    shop.edit_rules("\nchannel_rules:", f"{CHANNELS}\nchannel_rules:")
    file: Path = shop.inbox.parent / "clicks" / "clicks.csv"
    file.parent.mkdir()
    file.write_text(ROWS, encoding="utf-8")
    return shop


@pytest.fixture(scope="module")
def refused(shop: CornerShop) -> str:
    """What the job says while the kind is unknown."""
    outcome = shop.job.run()
    assert outcome.code != 0
    return outcome.output


@pytest.fixture(scope="module")
def published(shop: CornerShop, refused: str) -> CornerShop:
    """The shop after company.yaml names the kind."""
    shop.edit_rules(
        "\nchannels:", "\ntouchpoint_types:\n  - {type: seance, stage: intent}\n\nchannels:"
    )
    shop.job.run().succeeded()
    return shop


def test_a_kind_that_nobody_describes_is_not_published(refused: str) -> None:
    assert "types_are_described" in refused
    assert "Not published" in refused


def test_every_contact_stands_with_its_channel_kind_and_day(published: CornerShop) -> None:
    told = published.job.ask("""
        select touchpoint_id, touchpoint_date::varchar, channel_code, touchpoint_type, stage,
            touchpoint.customer_key <> -1, defined_by
        from marts.fct_touchpoint as touchpoint
        inner join marts.dim_channel using (channel_key)
        inner join marts.dim_touchpoint_type using (touchpoint_type_key, touchpoint_type)
        order by 1
    """)
    assert told == [
        ("touchpoint:clicks/1", "2025-03-01", "display", "ad_click", "awareness", True, "project"),
        (
            "touchpoint:clicks/2",
            "2025-03-03",
            "search",
            "ad_click",
            "consideration",
            True,
            "project",
        ),
        ("touchpoint:clicks/3", "2025-03-04", "own_web", "purchase", "purchase", True, "project"),
        (
            "touchpoint:clicks/4",
            "2025-03-05",
            "search",
            "ad_click",
            "consideration",
            True,
            "project",
        ),
        ("touchpoint:clicks/5", "2025-03-06", "unclassified", "seance", "intent", True, "company"),
        ("touchpoint:clicks/6", "2025-03-07", "own_web", "purchase", "purchase", True, "project"),
        (
            "touchpoint:clicks/7",
            "2025-03-08",
            "search",
            "ad_click",
            "consideration",
            False,
            "project",
        ),
    ]


def test_they_become_journeys_and_credit(published: CornerShop) -> None:
    journeys = published.job.ask("""
        select path, outcome, conversion_type, revenue_amount::double
        from marts.fct_journey order by started_at
    """)
    assert journeys == [
        ("display > search", "converted", "sale", 90.0),
        ("search > unclassified", "open", None, None),
        ("", "converted", "sale", 10.0),
    ]
    credit = published.job.ask("""
        select coalesce(channel_code, 'nobody'), sum(credited_revenue_amount)::double
        from marts.fct_attribution left join marts.dim_channel using (channel_key)
        where attribution_model = 'linear'
        group by all order by 1
    """)
    assert credit == [("display", 45.0), ("search", 45.0), ("unknown", 10.0)]

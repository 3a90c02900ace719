"""The example of docs/journeys.md, reckoned by the code that it explains."""

from __future__ import annotations

import re

import duckdb

from orchestration.journeys import build_journeys
from orchestration.lib.settings import PROJECT_ROOT

TOUCHES = """
    select 'ana' as person, moment::timestamp as occurred_at, channel, stage,
        stage = 'purchase' as is_conversion
    from (values
        ('2025-03-01 10:00', 'search', 'awareness'),
        ('2025-03-02 10:00', 'search', 'consideration'),
        ('2025-03-12 10:00', 'email', 'awareness'),
        ('2025-03-13 09:00', 'search', 'intent'),
        ('2025-03-13 10:00', 'shop', 'purchase'),
        ('2025-03-20 10:00', 'chat', 'service'),
        ('2025-03-21 10:00', 'social', 'awareness'),
        ('2025-03-24 10:00', 'chat', 'service'),
        ('2025-05-02 10:00', 'email', 'intent')
    ) as touch(moment, channel, stage)
"""


def test_the_example_is_what_the_code_says() -> None:
    page = (PROJECT_ROOT / "docs" / "journeys.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", page, flags=re.M))
    with duckdb.connect() as connection:
        connection.execute(f"create table touches as {TOUCHES}")
        found = build_journeys(connection, "touches").journeys.order("journey_number")
        first, second, third = (
            dict(zip(found.columns, row, strict=True)) for row in found.fetchall()
        )
    for column in (
        "path",
        "path_collapsed",
        "path_unique",
        "path_first",
        "stage_path",
        "switch_count",
        "loop_count",
        "back_step_count",
        "skipped_stage_count",
        "after_sale_count",
        "repeat_contact_count",
        "cycle",
    ):
        assert str(first[column]) == told[column], column
    assert (first["stall_count"], first["longest_pause_days"]) == (1, 10)
    assert first["days_to_convert"] == 12
    assert (second["outcome"], str(second["ended_at"])) == ("lapsed", "2025-04-20 10:00:00")
    assert (third["cycle"], third["is_reopened"], third["days_since_reopened"]) == (
        "repeat",
        True,
        42,
    )

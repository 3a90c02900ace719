"""How many rows a batch usually has, by the feed's own history in the landing manifest."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from orchestration.lib.feeds import Feed

MIN_HISTORY = 3
_DIGIT = re.compile(r"\d")

_LOADS = """
select file.period, load.rows_read
from load
join file using (file_id)
where file.feed_source = ? and file.feed_table = ? and load.rows_read > 0
order by load.load_id desc
limit 400
"""


def usual_rows(manifest: Path, feed: Feed, periods: Iterable[str]) -> float | None:
    """Rows that files of these periods usually have together.

    A file is compared with the feed's earlier files of the same kind of period (days with days,
    months with months). None where any kind has fewer than three loads: too little to judge by.
    """
    if not manifest.exists():
        return None
    connection = sqlite3.connect(f"{manifest.as_uri()}?mode=ro", uri=True)
    try:
        loads = connection.execute(_LOADS, (feed.source, feed.table)).fetchall()
    finally:
        connection.close()
    by_kind: dict[str, list[int]] = {}
    for period, rows in loads:
        by_kind.setdefault(_kind(period), []).append(rows)
    histories = [by_kind.get(_kind(period), []) for period in periods]
    if not histories or any(len(history) < MIN_HISTORY for history in histories):
        return None
    return float(sum(median(history) for history in histories))


def _kind(period: str) -> str:
    """The form of a period: `2025-12-31` and `2025-11-30` are both `0000-00-00`."""
    return _DIGIT.sub("0", period)

"""Periods: what a file is about, from its name."""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta

from orchestration.lib.feeds import Feed
from orchestration.lib.refusals import FileRefused

UNSAFE = re.compile(r"[^A-Za-z0-9._=+-]+")
LONGEST = 100


def period_of(feed: Feed, file_name: str) -> tuple[str, str]:
    """Return (period, partition) of a file; raises FileRefused if the name fits no period."""
    if feed.period is None:
        return file_name, safe_name(file_name)
    found = re.search(feed.period, file_name)
    if not found or not found["period"]:
        raise FileRefused(
            "period_unknown",
            f"{file_name}: the name does not match `period` of feed {feed.name} ({feed.period}); "
            "correct the regex, or narrow `files` so that this file is not meant.",
        )
    period = normal_period(found["period"])
    if period is None:
        raise FileRefused(
            "period_unknown",
            f"{file_name}: {found['period']!r} is no day, week, month or year; "
            f"correct `period` of feed {feed.name} or the file's name.",
        )
    part = found.groupdict().get("part")
    return period, safe_name(f"{period}__{part}" if part else period)


def normal_period(value: str) -> str | None:
    """YYYY, YYYY-MM, YYYY-MM-DD or YYYY-Www from the forms that file names use; else None."""
    shapes = {
        r"((?:19|20|21)\d{2})": "{0}",
        r"((?:19|20|21)\d{2})[-_./]?(\d{2})": "{0}-{1}",
        r"((?:19|20|21)\d{2})[-_./]?(\d{2})[-_./]?(\d{2})": "{0}-{1}-{2}",
        r"((?:19|20|21)\d{2})[-_./]?[Ww](\d{1,2})": "{0}-W{1:0>2}",
    }
    for pattern, shape in shapes.items():
        found = re.fullmatch(pattern, value)
        if found:
            period = shape.format(*found.groups())
            return period if period_dates(period) else None
    return None


def period_dates(period: str) -> tuple[date, date] | None:
    """First and last day of a period; None if the period is not about days."""
    try:
        if re.fullmatch(r"\d{4}", period):
            return date(int(period), 1, 1), date(int(period), 12, 31)
        if re.fullmatch(r"\d{4}-W\d{2}", period):
            first = date.fromisocalendar(int(period[:4]), int(period[6:]), 1)
            return first, first + timedelta(days=6)
        if re.fullmatch(r"\d{4}-\d{2}", period):
            first = date.fromisoformat(f"{period}-01")
            return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", period):
            return date.fromisoformat(period), date.fromisoformat(period)
    except ValueError:
        return None
    return None


def in_window(period: str, window: tuple[date, date] | None) -> bool:
    """Whether a period begins inside the window; periods without days always do."""
    days = period_dates(period)
    return window is None or days is None or window[0] <= days[0] <= window[1]


def safe_name(value: str) -> str:
    """A file name for a partition: harmless characters only, and still unique."""
    safe = UNSAFE.sub("_", value).strip(".") or "_"
    if safe == value and len(safe) <= LONGEST and not safe.startswith("_"):
        return safe
    return f"{safe[:LONGEST].lstrip('_')}~{hashlib.sha256(value.encode()).hexdigest()[:8]}"

"""Business time minute by minute, as a person would count it: slow, and without the macros.

Whole minutes only. A minute is open if the clock on the wall, read in UTC and turned into local
time, lies in an interval of its day, or of the evening before where that runs over midnight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Counted:
    """What a clock comes to, in minutes."""

    running: int
    paused: int
    due_at: datetime | None


def hours_of(calendar: dict[str, Any], day: date) -> list[tuple[int, int]]:
    """Intervals of a local day as minutes from its midnight."""
    week = calendar["working_hours"].get(WEEK[day.weekday()], [])
    intervals = [] if day in calendar.get("holidays", []) else week
    for special in calendar.get("days", []):
        if special["date"] == f"{day:%m-%d}" and week:
            intervals = special["hours"]
    for special in calendar.get("days", []):
        if special["date"] == day:
            intervals = special["hours"]
    found = []
    for interval in intervals:
        a, b = (int(text[:2]) * 60 + int(text[3:]) for text in interval.split("-"))
        found.append((a, b if b > a else b + 24 * 60))
    return found


def is_open(calendar: dict[str, Any], instant: datetime) -> bool:
    """Whether the minute that begins at an instant (UTC) is open."""
    local = instant.replace(tzinfo=UTC).astimezone(ZoneInfo(calendar["time_zone"]))
    minute = local.hour * 60 + local.minute
    today = hours_of(calendar, local.date())
    evening = hours_of(calendar, local.date() - timedelta(days=1))
    return any(a <= minute < b for a, b in today) or any(minute + 24 * 60 < b for a, b in evening)


def count(
    calendar: dict[str, Any],
    start: datetime,
    end: datetime | None,
    read_at: datetime,
    target: int,
    pauses: list[tuple[datetime, datetime | None]],
) -> Counted:
    """Read one clock; instants are UTC and whole minutes, as is the target."""
    until = max(start, end or read_at)

    def is_paused(instant: datetime) -> bool:
        return instant < until and any(
            a <= instant < (until if b is None else b) for a, b in pauses
        )

    running = paused = counted = 0
    due_at = start if target == 0 else None
    instant = start
    while instant < until or due_at is None:
        if (
            instant == until
            and end is None
            and any(a <= until and (b is None or b > until) for a, b in pauses)
        ):
            break
        if is_open(calendar, instant):
            if is_paused(instant):
                paused += 1
            else:
                running += 1
                if running == target:
                    due_at = instant + MINUTE
        if instant < until:
            counted = running
        instant += MINUTE
        if instant - until > timedelta(days=60):
            break
    return Counted(counted if until > start else 0, paused, due_at)

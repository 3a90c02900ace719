"""What clocks show in a time zone: the periods between two changes, and instants from them.

Belongs here: one rule for times that clocks show twice or skip. Doesn't belong here: converting
columns inside the engine (see dbt_project/macros/time.sql).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Period:
    """From and until when (UTC) a zone keeps one offset from UTC."""

    begins_at: datetime
    ends_at: datetime
    offset: timedelta


@dataclass(frozen=True)
class Zone:
    """The periods of a time zone over some days; they follow each other without a gap."""

    periods: tuple[Period, ...]

    @cached_property
    def _local_ends(self) -> list[datetime]:
        return [period.ends_at + period.offset for period in self.periods]

    def instant(self, local: datetime) -> datetime:
        """The instant (UTC) at which clocks show a time.

        What they show twice is the first time; what they skip is the moment at which they jump.
        Times outside the days of the zone are read by its first or last offset.
        """
        place = min(bisect_right(self._local_ends, local), len(self.periods) - 1)
        period = self.periods[place]
        if place == 0:
            return local - period.offset
        return max(local - period.offset, period.begins_at)


def zone_between(name: str, first: datetime, last: datetime) -> Zone:
    """The periods of an IANA time zone between two instants (UTC, without a zone)."""
    info = ZoneInfo(name)

    def offset(instant: datetime) -> timedelta:
        return instant.replace(tzinfo=UTC).astimezone(info).utcoffset() or timedelta()

    periods = []
    begins_at, current = first, offset(first)
    day = first
    while day < last:
        following = min(day + DAY, last)
        if offset(following) != current:
            change = _first_change(offset, day, following)
            periods.append(Period(begins_at, change, current))
            begins_at, current = change, offset(change)
        day = following
    periods.append(Period(begins_at, max(last, begins_at + SECOND), current))
    return Zone(tuple(periods))


def _first_change(
    offset: Callable[[datetime], timedelta], before: datetime, after: datetime
) -> datetime:
    """First second of another offset between two instants with different ones."""
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if offset(middle) == offset(before):
            before = middle
        else:
            after = middle
    return after

"""Business time of single instants, by the same macros as whole tables.

Belongs here: two functions for one value each. Doesn't belong here: tables (see `clocks`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from orchestration.business_clock.calendars import (
    LAST_DAY,
    ONLY,
    Given,
    HoursTables,
    make_tables,
    read_calendars,
)
from orchestration.business_clock.errors import ClockError
from orchestration.lib.calendar_rules import Calendar
from orchestration.lib.macros import macro
from orchestration.lib.zones import zone_between

MARGIN = timedelta(days=3)
YEAR = timedelta(days=366)


def business_minutes(start: datetime | str, end: datetime | str, calendar: Given) -> float:
    """Open minutes of a calendar between two instants; 0 if the end is not after the start.

    Instants may be texts (2025-03-28 17:55); without a zone they are what clocks show in the
    calendar's zone. Raises ClockError.
    """
    clock = _clock(calendar)
    seconds, _ = clock.read(clock.instant(_moment(start)), clock.instant(_moment(end)), None)
    return seconds / 60.0


def add_business_time(start: datetime | str, minutes: float, calendar: Given) -> datetime:
    """The instant at which so many open minutes of a calendar have passed since `start`.

    Minutes used up exactly at a closing end there, not at the next opening. The result is in the
    zone of `start`; without a zone both are what clocks show in the calendar's. Raises ClockError.
    """
    if minutes < 0:
        raise ClockError(f"minutes is {minutes}; give 0 or more.")
    clock = _clock(calendar)
    start = _moment(start)
    instant = clock.instant(start)
    _, due = clock.read(instant, instant, round(minutes * 60))
    if due is None:
        raise ClockError(
            f"The calendar has not {minutes:g} open minutes between {start} and {LAST_DAY}."
        )
    aware = due.replace(tzinfo=UTC)
    if start.tzinfo is not None:
        return aware.astimezone(start.tzinfo)
    return aware.astimezone(ZoneInfo(clock.calendar.time_zone)).replace(tzinfo=None)


def _moment(given: datetime | str) -> datetime:
    if isinstance(given, datetime):
        return given
    try:
        return datetime.fromisoformat(given)
    except ValueError as error:
        raise ClockError(f"{given!r} is no time like 2025-12-24 09:30:00.") from error


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    return connection


@dataclass
class _Clock:
    """One calendar in a connection of its own; its tables grow with what is asked."""

    calendar: Calendar
    connection: duckdb.DuckDBPyConnection = field(default_factory=_connect)
    tables: HoursTables | None = None
    days: tuple[date, date] = (date.max, date.min)
    lock: Lock = field(default_factory=Lock)

    def instant(self, given: datetime) -> datetime:
        """UTC without a zone."""
        if given.tzinfo is not None:
            return given.astimezone(UTC).replace(tzinfo=None)
        zone = zone_between(self.calendar.time_zone, given - MARGIN, given + MARGIN)
        return zone.instant(given)

    def read(
        self, started_at: datetime, stopped_at: datetime, target_seconds: int | None
    ) -> tuple[int, datetime | None]:
        """Open seconds between two instants, and when the target is used up."""
        with self.lock:
            return self._read_covered(started_at, stopped_at, target_seconds)

    def _read_covered(
        self, started_at: datetime, stopped_at: datetime, target_seconds: int | None
    ) -> tuple[int, datetime | None]:
        ahead = timedelta(seconds=4 * (target_seconds or 0)) + YEAR
        while True:
            last = max(started_at, stopped_at) + min(ahead, timedelta(days=50_000))
            self._cover(min(started_at, stopped_at) - MARGIN, last)
            seconds, due = self._read(started_at, stopped_at, target_seconds)
            if seconds is None:
                raise ClockError(f"{started_at} or {stopped_at} is not between 1970 and 2100.")
            if target_seconds is None or due is not None or self.days[1] >= LAST_DAY:
                return seconds, due
            ahead *= 4

    def _cover(self, first: datetime, last: datetime) -> None:
        wanted = first.date(), min(last.date(), LAST_DAY)
        if self.tables is not None and self.days[0] <= wanted[0] and wanted[1] <= self.days[1]:
            return
        self.days = min(wanted[0], self.days[0]), max(wanted[1], self.days[1])
        self.tables = make_tables(self.connection, {ONLY: self.calendar}, *self.days, "single")

    def _read(
        self, started_at: datetime, stopped_at: datetime, target_seconds: int | None
    ) -> tuple[Any, Any]:
        if self.tables is None:
            raise ClockError("There are no hours.")
        sql = macro(
            "business_clocks",
            "asked",
            ["calendar_code"],
            hours=self.tables.hours,
            numbered=self.tables.numbered,
        )
        row = self.connection.execute(
            f"""
            with asked as (
                select '{ONLY}' as calendar_code, $start::timestamp as started_at,
                    $stop::timestamp as stopped_at, $stop::timestamp as read_at,
                    $target::bigint as target_seconds
            )
            select running_seconds, due_at from ({sql})
            """,
            {"start": started_at, "stop": stopped_at, "target": target_seconds},
        ).fetchall()[0]
        return row[0], row[1]


def _clock(given: Given) -> _Clock:
    calendars = read_calendars(given)
    if len(calendars) != 1:
        raise ClockError(
            f"There are {len(calendars)} calendars ({', '.join(calendars)}); give one."
        )
    (calendar,) = calendars.values()
    return _cached(json.dumps(calendar.model_dump(mode="json")))


@lru_cache(maxsize=64)
def _cached(calendar: str) -> _Clock:
    body = json.loads(calendar)
    return _Clock(Calendar(**{key: body[key] for key in Calendar.model_fields}))

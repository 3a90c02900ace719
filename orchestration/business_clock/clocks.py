"""Clocks of any table, by the macros of the warehouse's models.

Belongs here: what a caller may ask of a table, and putting the answer beside its rows.
Doesn't belong here: the rules (see dbt_project/macros/business_clock.sql).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

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
from orchestration.business_clock.sources import Sources, check_sources, find_sources
from orchestration.business_clock.tables import ROW, Table, refuse, time_of
from orchestration.lib import engine
from orchestration.lib.calendar_rules import Calendar, minutes_of
from orchestration.lib.feeds import check_zone
from orchestration.lib.macros import macro

GIVEN_ZONE = "@times"


def run_clocks(
    table: Any,
    calendars: Given,
    *,
    start: str = "start",
    end: str | None = None,
    calendar: str | None = None,
    target_minutes: str | float | None = None,
    key: str | None = None,
    pauses: Any = None,
    pause_from: str = "paused_from",
    pause_to: str = "paused_to",
    times: str = "UTC",
    read_at: datetime | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
    name: str = "clocks",
) -> duckdb.DuckDBPyRelation:
    """Read a clock for each row of a table.

    table: path of a CSV or Parquet file, data frame, and with `connection` a DuckDB relation or
    the name of a table. calendars: see `read_calendars`.
    start, end, calendar: columns; end defaults to `end` and calendar to `calendar` if the table
    has them. A row without an end is running; one without a start is unknown.
    target_minutes: a column, or one number for all rows; default: column `target_minutes` if there.
    pauses: table with the column `key`, which is unique in `table`, and when the clock stood still;
    without an end still. Pauses may overlap and lie outside the clock.
    times: what times without an offset mean: UTC, local (to each row's calendar) or a time zone.
    read_at: when running clocks are read (UTC if without a zone; default: now).
    name: of the temporary table that holds the result; others have names that begin so.

    Returns the table's columns and those of `sources.RESULT`, in the table's order. Instants are
    read at whole seconds. A clock that ends before it starts has run for no time.
    Raises ClockError.
    """
    if connection is None:
        if isinstance(table, duckdb.DuckDBPyRelation):
            raise ClockError("Give the connection of the relation: connection=...")
        connection = duckdb.connect()
        connection.execute("set enable_progress_bar = false")
    found = read_calendars(calendars)
    sources = find_sources(
        connection, table, name, start=start, end=end, calendar=calendar,
        target=target_minutes, key=key, pauses=pauses, pause_from=pause_from, pause_to=pause_to,
    )  # fmt: skip
    check_sources(connection, sources, found)
    moment = (read_at or datetime.now(UTC)).replace(microsecond=0)
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    run = _Run(connection, name, sources, found, target_minutes, _zone(times), moment)
    run.write()
    return connection.sql(f"select * exclude ({ROW}) from {engine.name(name)} order by {ROW}")


def _zone(times: str) -> str:
    if times.lower() in ("utc", "local"):
        return times.lower()
    try:
        return check_zone(times)
    except ValueError as error:
        raise ClockError(f"times: {error}; or write UTC or local.") from error


@dataclass
class _Run:
    """One call: the statements that lead from the caller's tables to the result."""

    connection: duckdb.DuckDBPyConnection
    name: str
    sources: Sources
    calendars: dict[str, Calendar]
    target_minutes: str | float | None
    times: str
    read_at: datetime

    def write(self) -> None:
        """Make the table `name`; the calendar grows until every target is used up in it."""
        self._read_times()
        first, last, target_seconds = self._span()
        seconds_a_week = min(_weekly_seconds(c) for c in self.calendars.values())
        days = 60 + 14 * (target_seconds // max(seconds_a_week, 3600) + 1)
        while True:
            until = min(last + timedelta(days=days), LAST_DAY)
            tables = make_tables(self.connection, self._zoned(), first, until, self.name)
            missing = self._write(tables)
            if not missing or until >= LAST_DAY:
                return
            days *= 8

    def _zoned(self) -> dict[str, Calendar]:
        if self.times in ("utc", "local"):
            return self.calendars
        return self.calendars | {GIVEN_ZONE: Calendar(time_zone=self.times)}

    def _read_times(self) -> None:
        """Tables of the times as they are written."""
        sources = self.sources
        code = (
            f"{engine.name(sources.calendar)}::varchar"
            if sources.calendar is not None and list(self.calendars) != [ONLY]
            else engine.text(next(iter(self.calendars)))
        )
        columns = [f"{code} as calendar_code", f"{self._target()} as target_seconds"]
        columns += self._written(sources.table, "started", sources.start)
        columns += self._written(sources.table, "stopped", sources.end)
        if sources.key is not None:
            columns.append(f"{engine.name(sources.key)} as clock_key")
        self.connection.execute(
            f"create or replace temp table {self.name}_written as "
            f"select {ROW}, {', '.join(columns)} from {sources.table.relation}"
        )
        pauses = sources.pauses
        if pauses is None:
            return
        columns = [f"{engine.name(sources.key or '')} as clock_key"]
        columns += self._written(pauses, "paused", sources.pause_from)
        columns += self._written(pauses, "resumed", sources.pause_to)
        self.connection.execute(
            f"create or replace temp table {self.name}_pauses_written as "
            f"select {ROW}, {', '.join(columns)} from {pauses.relation}"
        )
        written = Table(f"{self.name}_pauses_written", pauses.title, {})
        refuse(
            self.connection, written, "paused_written is null",
            f"{sources.pause_from} is missing", "clock_key",
        )  # fmt: skip
        refuse(
            self.connection, written,
            "resumed_written < paused_written and paused_is_instant = resumed_is_instant",
            f"{sources.pause_to} is before {sources.pause_from}", "resumed_written",
        )  # fmt: skip

    def _written(self, table: Table, name: str, column: str | None) -> list[str]:
        written, is_instant = "null::timestamp", "false"
        if column is not None:
            written, is_instant = time_of(self.connection, table, column)
        return [f"{written} as {name}_written", f"{is_instant} as {name}_is_instant"]

    def _target(self) -> str:
        if self.sources.target is not None:
            minutes = f"{engine.name(self.sources.target)}::double"
        elif isinstance(self.target_minutes, int | float):
            minutes = f"{float(self.target_minutes)!r}::double"
        else:
            minutes = "null::double"
        return f"round({minutes} * 60)::bigint"

    def _span(self) -> tuple[date, date, int]:
        """First and last day that instants fall on, and the longest target in seconds."""
        row = self.connection.execute(
            f"""
            select
                min(least(started_written, coalesce(stopped_written, started_written))),
                max(greatest(started_written, coalesce(stopped_written, $read_at))),
                coalesce(max(target_seconds), 0)
            from {self.name}_written
            where started_written is not null and isfinite(started_written)
            """,
            {"read_at": self.read_at},
        ).fetchall()[0]
        margin = timedelta(days=3)
        earliest, latest = row[0] or self.read_at, row[1] or self.read_at
        low, high = datetime(1970, 1, 4), datetime(2100, 12, 28)
        first = min(max(earliest, low), high) - margin
        last = min(max(latest, low), high) + margin
        return first.date(), last.date(), row[2]

    def _instant(self, name: str, zone: str) -> tuple[str, str]:
        """SQL of a written time's instant, and the join that it needs."""
        if self.times == "utc":
            return f"{name}_written", ""
        local = f"{name}_zone"
        join = f"""
            left join {self.name}_zones as {local}
                on {local}.calendar_code = {zone}
                and {name}_written >= {local}.local_from and {name}_written < {local}.local_to
        """
        instant = f"""
            case when {name}_is_instant then {name}_written else greatest(
                {name}_written - to_seconds({local}.offset_seconds), {local}.begins_at
            ) end
        """
        return f"case when {name}_written is not null then {instant} end", join

    def _write(self, tables: HoursTables) -> int:
        """Write the result; returns how many targets the calendar was too short for."""
        zone = "written.calendar_code" if self.times == "local" else engine.text(GIVEN_ZONE)
        started, started_join = self._instant("started", zone)
        stopped, stopped_join = self._instant("stopped", zone)
        key = "clock_key" if self.sources.pauses is not None else ROW
        clocks = f"""
            create or replace temp table {self.name}_clocks as
            select written.{ROW}, {key} as clock_key, written.calendar_code, target_seconds,
                {started} as started_at, {stopped} as stopped_at,
                {_timestamp(self.read_at)} as read_at
            from {self.name}_written as written {started_join} {stopped_join}
        """
        self.connection.execute(clocks)
        pauses = None
        if self.sources.pauses is not None:
            pauses = f"{self.name}_pauses_cut"
            self._place_pauses(pauses)
        read = macro(
            "business_clocks",
            f"{self.name}_clocks",
            ["clock_key"],
            pauses=pauses,
            hours=tables.hours,
            numbered=tables.numbered,
        )
        self.connection.execute(f"create or replace temp table {self.name}_read as {read}")
        self.connection.execute(self._result())
        return engine.number(
            self.connection,
            f"select count(*) from {self.name}_read where due_at is null "
            "and target_seconds is not null and running_seconds is not null "
            "and not is_paused_now",
        )

    def _place_pauses(self, target: str) -> None:
        zone = "clocks.calendar_code" if self.times == "local" else engine.text(GIVEN_ZONE)
        paused, paused_join = self._instant("paused", zone)
        resumed, resumed_join = self._instant("resumed", zone)
        self.connection.execute(
            f"""
            create or replace temp table {target} as
            select written.clock_key, {paused} as paused_from, {resumed} as paused_to
            from {self.name}_pauses_written as written
            inner join {self.name}_clocks as clocks on written.clock_key = clocks.clock_key
            {paused_join} {resumed_join}
            """
        )

    def _result(self) -> str:
        return f"""
            create or replace temp table {engine.name(self.name)} as
            select given.*,
                read.running_seconds / 60.0 as business_minutes,
                date_diff('second', read.started_at, read.clock_ended_at) / 60.0
                    as calendar_minutes,
                read.paused_seconds / 60.0 as paused_minutes,
                read.due_at,
                read.due_at + to_seconds(zones.offset_seconds) as due_at_local,
                read.is_started_in_hours,
                read.is_paused_now as is_paused,
                case
                    when read.running_seconds is null then 'unknown'
                    when read.running_seconds > read.target_seconds then 'breached'
                    when read.stopped_at is null then 'running'
                    when read.target_seconds is null then 'ended'
                    else 'met'
                end as status
            from {self.sources.table.relation} as given
            inner join {self.name}_read as read on given.{ROW} = read.{ROW}
            left join {self.name}_zones as zones
                on read.calendar_code = zones.calendar_code
                and read.due_at >= zones.begins_at and read.due_at < zones.ends_at
        """


def _timestamp(instant: datetime) -> str:
    return f"timestamp '{instant.isoformat(sep=' ')}'"


def _weekly_seconds(calendar: Calendar) -> int:
    return sum(
        60 * (closes - opens)
        for intervals in calendar.working_hours.values()
        for opens, closes in map(minutes_of, intervals)
    )

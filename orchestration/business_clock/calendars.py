"""Calendars from files and dictionaries, and their hours as tables of a connection.

Belongs here: reading what a caller gives, and making what the macros look up.
Doesn't belong here: what a calendar may say (see `lib.calendar_rules`), its open hours (see
`lib.calendars`), time in them (see dbt_project/macros/business_clock.sql).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from pydantic import ValidationError

from orchestration.business_clock.errors import ClockError
from orchestration.lib import engine
from orchestration.lib.calendar_rules import Calendar, Market
from orchestration.lib.calendars import CalendarError, open_intervals
from orchestration.lib.macros import macro
from orchestration.lib.yaml_errors import explain, read_documents
from orchestration.lib.zones import zone_between

ONLY = "calendar"
"""Name of a calendar that was given without one."""
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2100, 12, 31)

Given = Calendar | Mapping[str, Any] | str | Path


def read_calendars(given: Given) -> dict[str, Calendar]:
    """Calendars by name.

    given: a Calendar; a dictionary with its keys (time_zone, working_hours, holidays, days), or
    one with a calendar per name; or a YAML file with either, with `calendars`, or with the
    `markets` of a company.yaml. Raises ClockError.
    """
    if isinstance(given, Calendar):
        return {ONLY: given}
    if isinstance(given, str | Path):
        path = Path(given)
        if not path.is_file():
            raise ClockError(f"There is no file {path}.")
        documents = read_documents(path, ClockError)
        if len(documents) != 1 or not isinstance(documents[0], dict):
            raise ClockError(f"{path}: write one mapping, with time_zone and working_hours.")
        return _from_mapping(documents[0], f"{path}: ")
    return _from_mapping(given, "")


def _from_mapping(given: Mapping[str, Any], where: str) -> dict[str, Calendar]:
    if "markets" in given:
        markets = given["markets"]
        return {
            str(market.get("code")): _calendar(market, f"{where}markets.{number}: ", Market)
            for number, market in enumerate(markets)
        }
    if "time_zone" in given or "working_hours" in given:
        return {ONLY: _calendar(given, where, Calendar)}
    named = given.get("calendars", given)
    if not isinstance(named, Mapping) or not named:
        raise ClockError(f"{where}there is no calendar; give time_zone and working_hours.")
    return {
        str(name): _calendar(calendar, f"{where}{name}: ", Calendar)
        for name, calendar in named.items()
    }


def _calendar(given: Any, where: str, kind: type[Calendar]) -> Calendar:
    if isinstance(given, Calendar):
        return given
    if not isinstance(given, Mapping):
        raise ClockError(f"{where}write a mapping, with time_zone and working_hours.")
    try:
        return kind(**given)
    except ValidationError as error:
        raise ClockError(f"{where}{explain(error)}") from error


@dataclass(frozen=True)
class HoursTables:
    """The tables of a connection that hold the hours of some calendars."""

    hours: str
    numbered: str
    zones: str
    last_day: date


def make_tables(
    connection: duckdb.DuckDBPyConnection,
    calendars: Mapping[str, Calendar],
    first: date,
    last: date,
    name: str,
) -> HoursTables:
    """Make the tables of the calendars' hours between two days, as temporary ones.

    hours and numbered are what the macros look up; zones has the periods in which clocks keep one
    offset (calendar_code, begins_at and ends_at in UTC, local_from, local_to, offset_seconds).
    Days are held between FIRST_DAY and LAST_DAY. Raises ClockError.
    """
    first, last = max(first, FIRST_DAY), min(last, LAST_DAY)
    tables = HoursTables(f"{name}_hours", f"{name}_hours_numbered", f"{name}_zones", last)
    intervals = []
    for code, calendar in calendars.items():
        try:
            intervals += [(code, *row[1:]) for row in open_intervals(calendar, first, last)]
        except CalendarError as error:
            raise ClockError(f"{code}: {error}") from error
    _make(connection, f"{name}_intervals", intervals, ("calendar_code", "opens_at", "closes_at"))
    connection.execute(
        f"create or replace temp table {tables.hours} as "
        f"{macro('hours_by_day', engine.name(f'{name}_intervals'))}"
    )
    connection.execute(
        f"create or replace temp table {tables.numbered} as "
        f"{macro('hours_by_number', tables.hours)}"
    )
    zones = [
        row for code, calendar in calendars.items() for row in _periods(code, calendar, first, last)
    ]
    _make(
        connection,
        tables.zones,
        zones,
        ("calendar_code", "begins_at", "ends_at", "local_from", "local_to", "offset_seconds"),
    )
    return tables


def _periods(
    code: str, calendar: Calendar, first: date, last: date
) -> list[tuple[str, datetime, datetime, datetime, datetime, int]]:
    """Periods of one offset; the local times of a period are those first shown or skipped in it."""
    margin = timedelta(days=3)
    begins = datetime.combine(first, time()) - margin
    zone = zone_between(calendar.time_zone, begins, datetime.combine(last, time()) + margin)
    rows = []
    local_from = begins - margin
    for period in zone.periods:
        local_to = period.ends_at + period.offset
        rows.append(
            (
                code,
                period.begins_at,
                period.ends_at,
                local_from,
                local_to,
                int(period.offset.total_seconds()),
            )
        )
        local_from = local_to
    return rows


def _make(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    rows: list[Any],
    columns: tuple[str, ...],
) -> None:
    frame = pd.DataFrame(rows, columns=list(columns))
    connection.register("business_clock_rows", frame)
    try:
        connection.execute(
            f"create or replace temp table {table} as select * from business_clock_rows"
        )
    finally:
        connection.unregister("business_clock_rows")

"""What a caller gave: which columns of the tables mean what, and rows that cannot be used.

Belongs here: finding and refusing, before a clock is read. Doesn't belong here: the clocks (see
`clocks`), reading files and times (see `tables`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.business_clock.calendars import ONLY
from orchestration.business_clock.errors import ClockError
from orchestration.business_clock.tables import ROW, WHOLE, Table, open_table, refuse
from orchestration.lib import engine
from orchestration.lib.calendar_rules import Calendar

RESULT = {
    "business_minutes": "open and not paused, from start to end (or read_at)",
    "calendar_minutes": "all minutes between the same instants",
    "paused_minutes": "open but paused",
    "due_at": "when business_minutes reaches the target (UTC)",
    "due_at_local": "the same as clocks show it in the calendar's zone",
    "is_started_in_hours": "open at the start",
    "is_paused": "not ended, and paused at read_at",
    "status": "met, breached, running, ended (no target), unknown",
}


@dataclass(frozen=True)
class Sources:
    """The caller's tables, and the columns in them."""

    table: Table
    start: str
    end: str | None
    calendar: str | None
    target: str | None
    key: str | None
    pauses: Table | None
    pause_from: str
    pause_to: str


def find_sources(
    connection: duckdb.DuckDBPyConnection,
    table: Any,
    name: str,
    *,
    start: str,
    end: str | None,
    calendar: str | None,
    target: str | float | None,
    key: str | None,
    pauses: Any,
    pause_from: str,
    pause_to: str,
) -> Sources:
    """Open the tables and find their columns; raises ClockError where one is missing."""
    given = open_table(connection, table, name, "The table")
    taken = sorted({c.lower() for c in given.types} & {*RESULT, ROW})
    if taken:
        raise ClockError(f"{given.title} has columns {', '.join(taken)} already; rename them.")
    paused = None
    if pauses is not None:
        paused = open_table(connection, pauses, f"{name}_pauses", "The table of pauses")
        if key is None:
            raise ClockError("Name the column that table and pauses share: key=...")
        paused.needed(key, "the key")
        pause_from = paused.needed(pause_from, "the start of a pause")
        pause_to = paused.needed(pause_to, "the end of a pause")
    return Sources(
        given,
        given.needed(start, "the start"),
        given.column(end, "end"),
        given.column(calendar, "calendar"),
        given.column(target, "") if isinstance(target, str) else _default_target(given, target),
        given.column(key, "") if key else None,
        paused,
        pause_from,
        pause_to,
    )


def _default_target(table: Table, target: float | None) -> str | None:
    return table.column(None, "target_minutes") if target is None else None


def check_sources(
    connection: duckdb.DuckDBPyConnection, sources: Sources, calendars: dict[str, Calendar]
) -> None:
    """Refuse rows of unknown calendars, targets below 0, keys that are not unique, bad pauses."""
    table = sources.table
    if sources.calendar is not None and list(calendars) != [ONLY]:
        column = engine.name(sources.calendar)
        known = ", ".join(engine.text(code) for code in calendars)
        refuse(
            connection, table, f"{column} is null or {column}::varchar not in ({known})",
            f"{sources.calendar} names no calendar; there are {', '.join(calendars)}", column,
        )  # fmt: skip
    elif len(calendars) > 1:
        raise ClockError(
            f"There are {len(calendars)} calendars ({', '.join(calendars)}): name the column that "
            "says which one a row goes by: calendar=..."
        )
    if sources.target is not None:
        _check_targets(connection, table, sources.target)
    if sources.key is not None and sources.pauses is not None:
        key = engine.name(sources.key)
        refuse(connection, table, f"{key} is null", f"{sources.key} is missing", key)
        refuse(
            connection, table,
            f"{key} in (select {key} from {table.relation} group by all having count(*) > 1)",
            f"{sources.key} is not unique", key,
        )  # fmt: skip


def _check_targets(connection: duckdb.DuckDBPyConnection, table: Table, target: str) -> None:
    column, kind = engine.name(target), table.types[target]
    if kind not in (*WHOLE, "DOUBLE", "FLOAT") and not kind.startswith("DECIMAL"):
        refuse(
            connection, table, f"{column} is not null and try_cast({column} as double) is null",
            f"{target} is no number of minutes", column,
        )  # fmt: skip
    refuse(connection, table, f"try_cast({column} as double) < 0", f"{target} is below 0", column)

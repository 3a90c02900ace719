"""A caller's tables: finding their columns, reading their times, refusing what cannot be used.

Belongs here: from any table to one with known columns in the connection. Doesn't belong here: the
clocks (see `clocks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.business_clock.errors import ClockError
from orchestration.lib import engine

FILES = (".csv", ".csv.gz", ".tsv", ".parquet")
ROW = "clock_row"
WITH_ZONE = r":\d{2}(\.\d+)?\s*(Z|UTC|[+-]\d{2}(:?\d{2})?)$"
TIMES = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")


@dataclass(frozen=True)
class Table:
    """A table in the connection, with its rows numbered from 1 in their order."""

    relation: str
    title: str
    types: dict[str, str]

    def column(self, given: str | None, default: str) -> str | None:
        """Name of the column that a caller gave, else of the default one if the table has it.

        Raises ClockError if the table lacks a column that was given.
        """
        there = {column.lower(): column for column in self.types}
        found = there.get((given or default).lower())
        if given is not None and found is None:
            raise ClockError(
                f"{self.title} has no column {given!r}; it has {', '.join(self.types)}."
            )
        return found

    def needed(self, given: str, meaning: str) -> str:
        """Name of a column that must be there; raises ClockError."""
        found = self.column(None, given)
        if found is None:
            raise ClockError(
                f"{self.title} has no column {given!r} for {meaning}; it has "
                f"{', '.join(self.types)}."
            )
        return found


def open_table(connection: duckdb.DuckDBPyConnection, given: Any, name: str, title: str) -> Table:
    """Copy a caller's table into the connection, rows numbered.

    given: name of a table or view, path of a CSV or Parquet file, DuckDB relation, or data frame.
    Raises ClockError.
    """
    target = engine.name(f"{name}_given")
    as_file = isinstance(given, Path) or (isinstance(given, str) and given.lower().endswith(FILES))
    if as_file:
        if not Path(given).is_file():
            raise ClockError(f"There is no file {given}.")
        title, source = str(given), engine.text(given)
    elif isinstance(given, str):
        title, source = given, given
    elif isinstance(given, duckdb.DuckDBPyRelation):
        given.create_view(f"{name}_source", replace=True)
        source = engine.name(f"{name}_source")
    else:
        connection.register(f"{name}_source", given)
        source = engine.name(f"{name}_source")
    try:
        connection.execute(
            f"create or replace temp table {target} as "
            f"select row_number() over () as {ROW}, given.* from {source} as given"
        )
    except duckdb.Error as error:
        raise ClockError(f"{title} cannot be read: {error}") from error
    described = connection.execute(f"describe from {target}").fetchall()
    types = {row[0]: row[1] for row in described if row[0] != ROW}
    return Table(target, title, types)


def time_of(connection: duckdb.DuckDBPyConnection, table: Table, column: str) -> tuple[str, str]:
    """SQL of a column's time as written, and of whether it says by itself which instant it is.

    Raises ClockError, with the row, where a text is no time.
    """
    quoted, kind = engine.name(column), table.types[column]
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"timezone('UTC', {quoted})", "true"
    if kind in TIMES:
        return f"{quoted}::timestamp", "false"
    if kind == "VARCHAR":
        refuse(
            connection,
            table,
            f"nullif(trim({quoted}), '') is not null and try_cast({quoted} as timestamp) is null",
            f"{column} is no time like 2025-12-24 09:30:00",
            quoted,
        )
        has_zone = f"coalesce(regexp_matches(trim({quoted}), {engine.text(WITH_ZONE)}), false)"
        instant = f"timezone('UTC', try_cast({quoted} as timestamp with time zone))"
        written = f"try_cast({quoted} as timestamp)"
        return f"case when {has_zone} then {instant} else {written} end", has_zone
    if kind.strip('"') == "NULL" or kind in ("INTEGER", "BIGINT"):
        refuse(connection, table, f"{quoted} is not null", f"{column} is a number, no time", quoted)
        return "null::timestamp", "false"
    raise ClockError(f"{table.title}: {column} is {kind}; give times such as 2025-12-24 09:30:00.")


def refuse(
    connection: duckdb.DuckDBPyConnection, table: Table, condition: str, rule: str, shown: str
) -> None:
    """Raise ClockError, with the first row and how many there are, if rows meet a condition."""
    count, row, value = connection.execute(
        f"select count(*), min({ROW}), min_by({shown}, {ROW}) from {table.relation} "
        f"where {condition}"
    ).fetchall()[0]
    if count:
        more = f" ({count - 1} more rows like it)" if count > 1 else ""
        raise ClockError(f"{table.title}, row {row}: {rule}: {value!r}{more}.")

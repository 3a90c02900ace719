"""Touches of any table: finding their columns, refusing what cannot be used, numbering.

Belongs here: from a caller's table to a query with known columns, and what must be known of it
before it is packed. Doesn't belong here: the rules of journeys (see dbt_project/macros).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.journeys.rules import STAGES, JourneyError
from orchestration.lib import engine
from orchestration.lib.macros import macro

NEEDED = ("person", "occurred_at", "channel")
OPTIONAL = (
    "touch_id",
    "stage",
    "is_conversion",
    "value",
    "campaign",
    "is_click",
    "is_visit",
    "is_engagement",
    "is_anonymous",
)


@dataclass(frozen=True)
class Touches:
    """A table of touches: its name in the connection, and its column for each that is known."""

    relation: str
    columns: Mapping[str, str]

    def has(self, name: str) -> bool:
        """Whether the table has the column."""
        return name in self.columns

    def column(self, name: str) -> str:
        """The column as SQL."""
        return f"touch.{engine.name(self.columns[name])}"

    def flag(self, name: str) -> str | None:
        """A column of true and false as SQL; null is false; None where there is no column."""
        return f"coalesce({self.column(name)}::boolean, false)" if self.has(name) else None

    @property
    def ends(self) -> str:
        """Whether a touch is a conversion."""
        return self.flag("is_conversion") or "false"

    @property
    def stage(self) -> str | None:
        """Rank of a touch's stage; 0 where it is not known."""
        if not self.has("stage"):
            return None
        return macro("stage_rank", self.column("stage"))

    @property
    def has_clicks(self) -> bool:
        """Whether clicks can be told by the visits that they open."""
        return self.has("is_click") and self.has("is_visit")

    @property
    def campaign(self) -> str:
        """Campaign of a touch as text; empty where there is none."""
        return f"coalesce({self.column('campaign')}::varchar, '')" if self.has("campaign") else "''"

    @property
    def where(self) -> str:
        """Condition of a touch that may be a step."""
        return (
            f"coalesce({self.column('is_engagement')}::boolean, true)"
            if self.has("is_engagement")
            else "true"
        )


@dataclass(frozen=True)
class Measured:
    """What touches hold: their number, their span of time and of keys, in microseconds."""

    rows: int
    first_micros: int
    last_micros: int
    first_key: int
    last_key: int


def find_touches(
    connection: duckdb.DuckDBPyConnection,
    touches: Any,
    columns: Mapping[str, str] | None,
    name: str,
) -> Touches:
    """Make a caller's table known to the connection, and find its columns.

    touches: name of a table or view, path of a CSV or Parquet file, DuckDB relation, or data
    frame. columns: other names of known columns. Raises JourneyError.
    """
    relation = _relation(connection, touches, name)
    described = connection.execute(f"describe from {relation}").fetchall()
    there = {row[0].lower(): row[0] for row in described}
    renamed = dict(columns or {})
    unknown = sorted(set(renamed) - {*NEEDED, *OPTIONAL})
    if unknown:
        raise JourneyError(
            f"columns names {unknown}, which are not known; "
            f"known are {', '.join((*NEEDED, *OPTIONAL))}."
        )
    found = {}
    for known in (*NEEDED, *OPTIONAL):
        column = renamed.get(known, known).lower()
        if column in there:
            found[known] = there[column]
        elif known in NEEDED or known in renamed:
            raise JourneyError(
                f"The touches have no column {renamed.get(known, known)!r} for {known}; they have "
                f"{', '.join(there.values())}. Name it: columns={{{known!r}: ...}}."
            )
    types = {row[0]: row[1] for row in described}
    return Touches(_typed(connection, relation, found, types, name), found)


def _relation(connection: duckdb.DuckDBPyConnection, touches: Any, name: str) -> str:
    view = engine.name(f"{name}_touches")
    if isinstance(touches, duckdb.DuckDBPyRelation):
        touches.create_view(f"{name}_touches", replace=True)
        return view
    if isinstance(touches, Path) or (
        isinstance(touches, str) and touches.lower().endswith((".csv", ".csv.gz", ".parquet"))
    ):
        if not Path(touches).is_file():
            raise JourneyError(f"There is no file {touches}.")
        connection.execute(f"create or replace temp view {view} as from {engine.text(touches)}")
        return view
    if isinstance(touches, str):
        return touches
    connection.register(f"{name}_touches", touches)
    return view


def _typed(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    found: dict[str, str],
    types: dict[str, str],
    name: str,
) -> str:
    """The relation, with times as TIMESTAMP (UTC) and keys as BIGINT where they are not."""
    changes = {}
    moment = found["occurred_at"]
    if types[moment] == "TIMESTAMP WITH TIME ZONE":
        changes[moment] = f"timezone('UTC', {engine.name(moment)})"
    elif types[moment] != "TIMESTAMP":
        changes[moment] = f"{engine.name(moment)}::timestamp"
    key = found.get("touch_id")
    if key and types[key] not in ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UINTEGER"):
        raise JourneyError(
            f"touch_id is {types[key]}; give whole numbers (BIGINT), or leave the column out."
        )
    if not changes:
        return relation
    view = engine.name(f"{name}_touches_typed")
    replaced = ", ".join(f"{sql} as {engine.name(column)}" for column, sql in changes.items())
    connection.execute(
        f"create or replace temp view {view} as select * replace ({replaced}) from {relation}"
    )
    return view


def measure(connection: duckdb.DuckDBPyConnection, touches: Touches) -> Measured:
    """Read once what packing must know; raises JourneyError on missing values."""
    source = f"from {touches.relation} as touch where {touches.where}"
    for name in NEEDED:
        _refuse(
            connection,
            f"{source} and {touches.column(name)} is null",
            f"touches have no {name} ({touches.columns[name]}); fill it in or leave them out.",
        )
    if touches.has("stage"):
        known = ", ".join(f"'{stage}'" for stage in (*STAGES, "unknown"))
        _refuse(
            connection,
            f"{source} and {touches.column('stage')} not in ({known})",
            f"touches have another stage than {', '.join(STAGES)} (in small letters), unknown or "
            "null; map them first.",
        )
    at = touches.column("occurred_at")
    key = touches.column("touch_id") if touches.has("touch_id") else "null::bigint"
    # Plain columns, so that the engine can answer from what it knows of the table.
    finite = f"isfinite(min({at})) and isfinite(max({at}))"
    row = connection.execute(
        f"select count(*), {finite}, epoch_us(min({at})), epoch_us(max({at})), min({key}), "
        f"max({key}) {source}"
    ).fetchall()[0]
    if row[1] is False:
        raise JourneyError("Some touches have an infinite time; leave them out.")
    return Measured(row[0], row[2] or 0, row[3] or 0, row[4] or 0, row[5] or 0)


def _refuse(connection: duckdb.DuckDBPyConnection, source: str, message: str) -> None:
    count = engine.number(connection, f"select count(*) {source}")
    if count:
        raise JourneyError(f"{count} {message}")


def number_texts(connection: duckdb.DuckDBPyConnection, table: str, query: str) -> int:
    """Make a table (code, number) of the texts of a query, in their order; returns how many."""
    connection.execute(
        f"create or replace temp table {table} as "
        f"select code, row_number() over (order by code) as number from ({query}) as found"
    )
    return engine.number(connection, f"select count(*) from {table}")

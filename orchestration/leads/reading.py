"""Events of any table: finding their columns, refusing what cannot be used, one form for all.

Belongs here: from a caller's table to rows of lead, status and time. Doesn't belong here: what the
statuses mean (see `rules`) and what is worked out (see `funnel`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.leads.rules import FunnelError, FunnelRules, key_of
from orchestration.lib import engine

NEEDED = ("lead", "stage", "at")
ATTRIBUTES = ("amount", "cost", "source", "campaign", "market", "owner")
NUMBERS = ("amount", "cost")
OPTIONAL = (*ATTRIBUTES, "order", "closed")
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".parquet")
OFFSET = r":\d{2}(\.\d+)?\s*(Z|z|UTC|[+-]\d{2}(:?\d{2})?)$"


@dataclass(frozen=True)
class Source:
    """A caller's table in the connection: its columns, and how errors name it."""

    connection: duckdb.DuckDBPyConnection
    relation: str
    types: Mapping[str, str]
    title: str
    time_format: str | None

    def column(self, name: str, known: str) -> str:
        """A column as SQL; raises FunnelError where the table has none of the name."""
        there = {column.lower(): column for column in self.types}
        found = there.get(name.lower())
        if found is None:
            raise FunnelError(
                f"{self.title} has no column {name!r} for {known}; it has "
                f"{', '.join(self.types)}. Name it: columns={{{known!r}: ...}}."
            )
        return engine.name(found)

    def text(self, name: str, known: str) -> str:
        """A column as text without blanks around it, null where empty."""
        return f"nullif(trim({self.column(name, known)}::varchar), '')"

    def number(self, name: str, known: str) -> str:
        """A column as a number; raises FunnelError where a value is none."""
        text = self.text(name, known)
        self.refuse(f"{text} is not null and try_cast({text} as double) is null", text, known)
        return f"try_cast({text} as double)"

    def time(self, name: str, known: str) -> str:
        """A column as UTC timestamp; raises FunnelError where a value is none."""
        column = self.column(name, known)
        kind = self.types[column.strip('"').replace('""', '"')]
        if kind == "TIMESTAMP WITH TIME ZONE":
            return f"timezone('UTC', {column})"
        if kind.startswith("TIMESTAMP") or kind == "DATE":
            return f"{column}::timestamp"
        text = self.text(name, known)
        if self.time_format:
            at = f"try_strptime({text}, {engine.text(self.time_format)})::timestamp"
        else:
            at = (
                f"case when regexp_matches({text}, {engine.text(OFFSET)}) "
                f"then timezone('UTC', try_cast({text} as timestamptz)) "
                f"else try_cast({text} as timestamp) end"
            )
        self.refuse(f"{text} is not null and ({at}) is null", text, known)
        return f"({at})"

    def refuse(self, condition: str, value: str, known: str) -> None:
        """Raise FunnelError that names the first rows for which a condition holds."""
        rows = self.connection.execute(
            f"select _row, {value} from {self.relation} where {condition} order by _row limit 3"
        ).fetchall()
        if rows:
            said = ", ".join(f"row {row}: {text!r}" for row, text in rows)
            count = engine.number(
                self.connection, f"select count(*) from {self.relation} where {condition}"
            )
            raise FunnelError(
                f"{self.title}: {count} values of {known} cannot be read ({said}). Mend them, or "
                "say how times are written (time_format, such as %d.%m.%Y %H:%M)."
            )


def open_source(
    connection: duckdb.DuckDBPyConnection, table: Any, name: str, time_format: str | None
) -> Source:
    """Make a caller's table known to the connection, each row with its number (`_row`).

    table: name of a table or view, path of a CSV or Parquet file, DuckDB relation, or data frame.
    A row of a CSV file has the number of its line where no value holds a line break.
    """
    view = engine.name(f"{name}_source")
    is_file = isinstance(table, Path) or (
        isinstance(table, str) and table.lower().endswith(SUFFIXES)
    )
    title = str(table) if is_file else "The table of events"
    first = 1
    if is_file:
        if not Path(table).is_file():
            raise FunnelError(f"There is no file {table}.")
        read = engine.text(table)
        if not title.lower().endswith(".parquet"):
            first, read = 2, f"read_csv({read}, all_varchar = true, header = true)"
    elif isinstance(table, str):
        read = table
    else:
        read = engine.name(f"{name}_given")
        if isinstance(table, duckdb.DuckDBPyRelation):
            table.create_view(f"{name}_given", replace=True)
        else:
            connection.register(f"{name}_given", table)
    try:
        connection.execute(
            f"create or replace temp table {view} as "
            f"select row_number() over () + {first - 1} as _row, * from {read}"
        )
    except duckdb.Error as error:
        raise FunnelError(f"{title} cannot be read: {error}") from error
    types = {row[0]: row[1] for row in connection.execute(f"describe {view}").fetchall()}
    types.pop("_row")
    return Source(connection, view, types, title, time_format)


def read_events(
    source: Source, rules: FunnelRules, columns: Mapping[str, str], dates: Mapping[str, str]
) -> tuple[str, tuple[str, ...]]:
    """Select lead_id, status, entered_at, stated_at, said_order, _row and attributes.

    dates: stage -> column of its date, for tables with one row per lead; else each row is an
    event. Returns the statement and the names of the attributes that it has.
    """
    unknown = sorted(set(columns) - {*NEEDED, *OPTIONAL})
    if unknown:
        raise FunnelError(
            f"columns names {unknown}, which are not known; "
            f"known are {', '.join((*NEEDED, *OPTIONAL))}."
        )
    there = {column.lower() for column in source.types}
    # A column named closed often says whether, not when: it counts only where it is given.
    found = {name: name for name in (*ATTRIBUTES, "order") if name in there} | dict(columns)
    lead = source.text(found.get("lead", "lead"), "lead")
    source.refuse(f"{lead} is null", "'no lead'", "lead")
    attributes = {
        name: source.number(found[name], name)
        if name in NUMBERS
        else source.text(found[name], name)
        for name in ATTRIBUTES
        if name in found
    }
    if rules.cohort is not None:
        attributes["cohort"] = source.text(rules.cohort, "cohort")
    told = "".join(f", {sql} as {engine.name(name)}" for name, sql in attributes.items())
    if dates:
        return _wide(source, rules, found, dates, lead, told), tuple(attributes)
    stage = source.text(found.get("stage", "stage"), "stage")
    at = source.time(found.get("at", "at"), "at")
    order = source.number(found["order"], "order") if "order" in found else "0"
    statement = (
        f"select {lead} as lead_id, {stage} as status, {at} as entered_at, {at} as stated_at, "
        f"{order} as said_order, _row{told} from {source.relation}"
    )
    return statement, tuple(attributes)


def _wide(
    source: Source,
    rules: FunnelRules,
    found: Mapping[str, str],
    dates: Mapping[str, str],
    lead: str,
    told: str,
) -> str:
    """Events of a table with one row per lead.

    A date before that of an earlier stage counts from it (stated_at keeps what was said): a stage
    per column is taken to be gone through in order. A status (`stage`) says where the lead stands:
    an end takes place at `closed`, another stage at a time that nobody knows if it has no date.
    """
    source.refuse(
        f"{lead} in (select {lead} from {source.relation} group by 1 having count(*) > 1)",
        lead,
        "lead (each must stand in one row)",
    )
    known = rules.statuses
    for stage in dates:
        if known.get(key_of(stage)) is None:
            raise FunnelError(f"dates names {stage!r}, which is none of the stages.")
    ranks, outcomes = rules.ranks, rules.outcomes
    named = sorted(
        ((known[key_of(stage)] or "", column) for stage, column in dates.items()),
        key=lambda pair: ranks[pair[0]],
    )
    times = {stage: source.time(column, f"date of {stage}") for stage, column in named}
    status = source.text(found["stage"], "stage") if "stage" in found else None
    closed = source.time(found["closed"], "closed") if "closed" in found else None
    selects: list[tuple[str, str, str, int, str]] = []
    before: list[str] = []
    for stage, at in times.items():
        entered = f"greatest({', '.join([*before, at])})" if before else at
        selects.append((engine.text(stage), entered, at, ranks[stage], f"{at} is not null"))
        if outcomes[stage] == "open":
            before.append(at)
    if status is not None:
        selects += _of_status(rules, times, status, closed, before)
    elif closed is not None:
        raise FunnelError("closed says when leads ended; give stage too, which says how.")
    return " union all ".join(
        f"select {lead} as lead_id, {name} as status, {entered} as entered_at, "
        f"{stated} as stated_at, {order} as said_order, _row{told} "
        f"from {source.relation} where {condition}"
        for name, entered, stated, order, condition in selects
    )


def _of_status(
    rules: FunnelRules,
    times: Mapping[str, str],
    status: str,
    closed: str | None,
    before: list[str],
) -> list[tuple[str, str, str, int, str]]:
    """Events that a lead's status tells: name, time, stated time, order and condition."""
    last = len(rules.ranks)
    stated = closed or "null::timestamp"
    ended = f"greatest({', '.join([*before, stated])})" if before and closed else stated
    key = f"lower({status})"
    ends = [k for k, s in rules.statuses.items() if s and rules.outcomes[s] != "open"]
    dated = {k: f"{times[s]} is not null" for k, s in rules.statuses.items() if s and s in times}
    is_end = f"{key} in ({', '.join(engine.text(k) for k in ends)})"
    is_told = " or ".join(f"({key} = {engine.text(k)} and {sql})" for k, sql in dated.items())
    new = f"not ({is_told})" if is_told else "true"
    if closed:
        ended = f"case when {stated} is null then null else {ended} end"
    return [
        (status, ended, stated, last, f"{status} is not null and {is_end} and {new}"),
        (
            status,
            "null::timestamp",
            "null::timestamp",
            last,
            f"{status} is not null and not ({is_end}) and {new}",
        ),
    ]

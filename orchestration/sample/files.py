"""Writing a source's table as files, one per period, and remembering what was written.

A module hands
    over a relation with the file's own columns and two more: `_at` (when the row left its
system, UTC) and `_id` (whole number, unique in the table; gives the order of rows). What stands in
    the
rows is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.sample.parameters import Calendar

# kind of file: its extension and how the engine writes it
_KINDS = {
    "csv": ("csv", "(format csv, header)"),
    "csv.gz": ("csv.gz", "(format csv, header, compression gzip)"),
    "semicolon csv": ("csv", "(format csv, header, delimiter ';')"),
    "jsonl": ("jsonl", "(format json)"),
    "jsonl.gz": ("jsonl.gz", "(format json, compression gzip)"),
    "parquet": ("parquet", "(format parquet, compression zstd)"),
}

PLAIN = "select * exclude (_id, _period) from ({rows}) order by _id"
"""A file with the relation's own columns."""


@dataclass(frozen=True)
class Outbox:
    """Where files go, and the calendar that they follow."""

    folder: Path
    calendar: Calendar

    @property
    def middle_number(self) -> int:
        """Number of the middle file of the history, where some senders change their format."""
        periods = self.calendar.periods()
        months = sum(period.first_day != period.last_day for period in periods)
        return (months or len(periods)) // 2

    def prepare(self, con: duckdb.DuckDBPyConnection) -> None:
        """Create the folder, the periods as a table, and the record of written files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        con.execute(
            "create or replace table file_period (period varchar, first_day date, last_day date)"
        )
        con.executemany(
            "insert into file_period values (?, ?, ?)",
            [(p.name, p.first_day, p.last_day) for p in self.calendar.periods()],
        )
        con.execute("""
            create table if not exists written_file
                (source varchar, source_table varchar, file varchar, period varchar,
                    row_count bigint);
            create table if not exists superseded_file (file varchar);
            create table if not exists written_total
                (source varchar, source_table varchar, file varchar, measure varchar, value double);
            create table if not exists planted_fault (file varchar, kind varchar, rows bigint,
                description varchar)
        """)

    def write(
        self,
        con: duckdb.DuckDBPyConnection,
        relation: str,
        source: str,
        table: str,
        kind: str,
        late: float = 0.0,
        duplicated: float = 0.0,
        shape: Callable[[int], str] = lambda number: PLAIN,
        measures: tuple[str, ...] = (),
    ) -> int:
        """Write `relation` as `<source>/<table>_<period>`, in a kind of file; returns rows written.

        late, duplicated: shares of rows that arrive 3 to 30 days later, or twice.
        shape: the query of a file, by its number, over `{rows}`,
            its rows of the relation; it orders them.
        measures: columns of the relation whose sums per file are kept in written_total.
        """
        filed = f"filed_{source}_{table}"
        self._file(con, relation, filed, f"{source}/{table}", late, duplicated)
        present = {
            row[0] for row in con.execute(f"select distinct _period from {filed}").fetchall()
        }
        total = 0
        for number, period in enumerate(self.calendar.periods()):
            if period.name not in present or not self.calendar.is_written(period.last_day):
                continue
            path = f"{source}/{table}_{period.name}.{_KINDS[kind][0]}"
            rows = f"select * from {filed} where _period = '{period.name}'"
            total += self.copy(
                con, shape(number).replace("{rows}", rows), path, kind, source, table, period.name
            )
            for measure in measures:
                con.execute(
                    "insert into written_total "
                    f"select ?, ?, ?, ?, coalesce(sum({measure}), 0) from ({rows})",
                    [source, table, path, measure],
                )
        con.execute(f"drop table {filed}")
        return total

    def copy(
        self,
        con: duckdb.DuckDBPyConnection,
        query: str,
        path: str,
        kind: str,
        source: str,
        table: str,
        period: str,
    ) -> int:
        """Write one file and remember it."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        rows = con.execute(f"copy ({query}) to '{target}' {_KINDS[kind][1]}").fetchone()
        count = int(rows[0]) if rows else 0
        con.execute(
            "insert into written_file values (?, ?, ?, ?, ?)", [source, table, path, period, count]
        )
        return count

    def _file(
        self,
        con: duckdb.DuckDBPyConnection,
        relation: str,
        filed: str,
        name: str,
        late: float,
        duplicated: float,
    ) -> None:
        """Give each row the file that it arrives in."""
        twice = f"select * from sent where chance(_id, '{name} twice') < {duplicated}"
        again = f"union all {twice}" if duplicated else ""
        con.execute(f"""
            create or replace temp table {filed} as
            with sent as (
                select *,
                    case when chance(_id, '{name} late') < {late}
                        then 3 + floor(chance(_id, '{name} how late') * 28)::int else 0
                            end as _days_late
                from {relation}
            ),
            twice as (
                select * from sent
                {again}
            ),
            dated as (
                select * exclude (_at, _days_late),
                    greatest(date '{self.calendar.start}', _at::date + _days_late) as _day
                from twice
            )
            select d.* exclude (_day), p.period as _period
            from dated d asof join file_period p on d._day >= p.first_day
        """)
        if late:
            self._note_late(con, relation, name, late)
        if duplicated:
            con.execute(f"""
                insert into planted_fault
                select '{name}', 'duplicate_row', count(*), 'rows of the history that come twice'
                from {relation} where chance(_id, '{name} twice') < {duplicated}
            """)

    def _note_late(
        self, con: duckdb.DuckDBPyConnection, relation: str, name: str, late: float
    ) -> None:
        """Count the late rows: those that come in a later file than the one they belong to."""
        con.execute(f"""
            insert into planted_fault
            with delayed as (
                select greatest(date '{self.calendar.start}', _at::date) as due_on,
                    due_on + 3 + floor(chance(_id, '{name} how late') * 28)::int as came_on
                from {relation} where chance(_id, '{name} late') < {late}
            ),
            owed as (
                select d.came_on, p.period as due_period
                from delayed d asof join file_period p on d.due_on >= p.first_day
            )
            select '{name}', 'late_row', count(*), 'rows of the history that come in a later file'
            from owed o asof join file_period p on o.came_on >= p.first_day
            where p.period <> o.due_period
        """)

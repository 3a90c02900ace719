"""Writes distributors' files in their house layouts, period by period, and counts what it wrote.

Only the mechanics belong here: which rows a sender reports, and in which shape, stands in the
senders' modules. Rows come out in a fixed order, so that the same seed gives the same files.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from orchestration.sample.parameters import Calendar, FilePeriod


@dataclass(frozen=True)
class Style:
    """How a sender writes text files. `encoding` other than UTF-8 comes with CRLF line ends."""

    type: str = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"


HIPER_SOL = Style(delimiter=";", encoding="cp1252")
TAB = Style(delimiter="\\t")
PIPE = Style(delimiter="|")
JSON_LINES = Style(type="jsonl")


class HouseFiles:
    """The folder that a sender's files go to. File names are relative to it."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path, calendar: Calendar) -> None:
        """Create the tables `file_day` (day -> number of the file it is in) and `planted_fault`."""
        self.con = con
        self.folder = folder
        self.calendar = calendar
        self.periods: tuple[FilePeriod, ...] = calendar.periods()
        self.row_counts: dict[str, int] = {}
        self._create_tables()

    def _create_tables(self) -> None:
        days = pd.DataFrame(
            [
                (day.date(), number)
                for number, period in enumerate(self.periods)
                for day in pd.date_range(period.first_day, period.last_day)
            ],
            columns=["day", "file_number"],
        )
        self.con.register("_days", days)
        self.con.execute("create or replace table file_day as select * from _days order by day")
        self.con.unregister("_days")
        self.con.execute(
            """
            create table if not exists planted_fault (
                file varchar, kind varchar, rows bigint, description varchar
            );
            create table if not exists written_file (
                source varchar, source_table varchar, file varchar, period varchar, row_count bigint
            )
            """
        )

    @property
    def last_number(self) -> int:
        """Number of the history's last file, whether it is written yet or not."""
        return len(self.periods) - 1

    @property
    def middle_number(self) -> int:
        """Number of the file in the middle of the history: there a sender's format changes."""
        months = sum(period.first_day != period.last_day for period in self.periods)
        return (months or len(self.periods)) // 2

    def written(self) -> Iterator[tuple[int, FilePeriod]]:
        """Number and period of each file that exists as of the calendar's `until`."""
        for number, period in enumerate(self.periods):
            if self.calendar.is_written(period.last_day):
                yield number, period

    def write_periods(
        self,
        name: str,
        query: Callable[[int], str],
        style: Style = Style(),
        footer: Callable[[int], str] | None = None,
    ) -> None:
        """Write a file per period that has rows. `name` has a place `{period}`.

        `query` gives the SQL of a file by its number; its `order by` decides the rows' order.
        `footer` gives the SQL of one text line to put below the rows.
        """
        for number, period in self.written():
            below = None if footer is None else footer(number)
            self.write(name.format(period=period.name), query(number), style, below)

    def write(
        self, name: str, query: str, style: Style = Style(), footer: str | None = None
    ) -> int:
        """Write one file and return its rows; no file if there are none."""
        path = self._path(name)
        options = (
            "format json" if style.type == "jsonl" else f"format csv, delimiter '{style.delimiter}'"
        )
        is_plain = style.encoding == "utf-8" and footer is None
        packing = "gzip" if is_plain and name.endswith(".gz") else "none"
        rows = self._copy(query, path, f"{options}, compression {packing}")
        if rows == 0:
            path.unlink()
            return 0
        if not is_plain:
            text = path.read_text(encoding="utf-8")
            if footer is not None:
                text += self.con.execute(footer).fetchall()[0][0] + "\n"
            self._write_text(path, text, style)
        self.row_counts[name] = rows
        return rows

    def write_workbook(
        self,
        name: str,
        sheets: dict[str, tuple[list[str], pd.DataFrame]],
        merge_titles: bool = False,
    ) -> None:
        """Write an Excel workbook: per sheet, the title lines above the header and the table.

        merge_titles: each title lies across the columns of the table, in one merged cell.
        """
        content = io.BytesIO()
        with pd.ExcelWriter(content, engine="openpyxl") as workbook:
            for sheet, (titles, table) in sheets.items():
                table.to_excel(workbook, sheet_name=sheet, index=False, startrow=len(titles))
                for line, title in enumerate(titles, start=1):
                    workbook.sheets[sheet].cell(row=line, column=1, value=title)
                    if merge_titles:
                        workbook.sheets[sheet].merge_cells(
                            start_row=line,
                            end_row=line,
                            start_column=1,
                            end_column=len(table.columns),
                        )
        self._path(name).write_bytes(_without_clock(content))
        self.row_counts[name] = sum(len(table) for _, table in sheets.values())

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write bytes as they are."""
        self._path(name).write_bytes(content)

    def count(self, beginning: str) -> int:
        """How many files were written whose names begin so."""
        return sum(name.startswith(beginning) for name in self.row_counts)

    def note_written(self) -> None:
        """Record every file with its rows in `written_file`."""
        rows = []
        for name, count in self.row_counts.items():
            source, _, rest = name.partition("/")
            table, _, period = rest.split(".")[0].removesuffix("_v2").rpartition("_")
            rows.append((source, table, name, period, count))
        if rows:
            self.con.executemany("insert into written_file values (?, ?, ?, ?, ?)", rows)

    def note_fault(self, file: str, kind: str, rows: int, description: str) -> None:
        """Record a planted fault, for the tests that look for it."""
        self.con.execute(
            "insert into planted_fault values (?, ?, ?, ?)", [file, kind, rows, description]
        )

    def note_rows(self, table: str, file: str, kind: str, condition: str, description: str) -> None:
        """Record a planted fault with the number of rows written so far that it befell.

        `table` has a column file_number; `condition` is SQL over it.
        """
        last = max((number for number, _ in self.written()), default=-1)
        rows = self.scalar(
            f"select count(*) from {table} where file_number <= {last} and ({condition})"
        )
        self.note_fault(file, kind, rows, description)

    def scalar(self, query: str) -> Any:
        """The single value that a query gives."""
        return self.con.execute(query).fetchall()[0][0]

    def _path(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _copy(self, query: str, path: Path, options: str) -> int:
        target = str(path).replace("'", "''")
        return int(self.con.execute(f"copy ({query}) to '{target}' ({options})").fetchall()[0][0])

    @staticmethod
    def _write_text(path: Path, text: str, style: Style) -> None:
        if style.encoding != "utf-8":
            text = text.replace("\n", "\r\n")
        content = text.encode(style.encoding)
        if path.suffix == ".gz":
            content = gzip.compress(content, mtime=0)
        path.write_bytes(content)


def _without_clock(workbook: io.BytesIO) -> bytes:
    """The workbook's bytes without the moment at which it was made."""
    result = io.BytesIO()
    with zipfile.ZipFile(workbook) as source, zipfile.ZipFile(result, "w") as target:
        for member in source.infolist():
            content = source.read(member)
            if member.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2025-01-01T00:00:00Z", content)
            fixed = zipfile.ZipInfo(member.filename)
            target.writestr(fixed, content, zipfile.ZIP_DEFLATED)
    return result.getvalue()

"""The arriving batch: a feed's new rows as typed columns, with the rules that each row breaks.

Belongs here: the one pass from what the senders wrote to table `arriving`, and its counts.
Doesn't belong here: opening files (see `readers`), storing rows (see `bronze`, `quarantine`).

`arriving` has the layout's columns and lineage, `_failed_rules` and `_warned_rules` (VARCHAR[],
empty where a row is good) and `_row_as_sent` (JSON, of rows that fail). `_load_id` is null until
the batch is committed. Rows that the feed is not about are in `arriving_all` only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import duckdb

from orchestration.lib import engine
from orchestration.lib.feeds import Feed, FeedError
from orchestration.lib.layouts import Layout
from orchestration.lib.statements import CONFIG_ERRORS, UNPARSABLE, BatchFile, Statement, short

ROWS = "arriving_rows"
DUPLICATE = "duplicate_key"
EQUAL_ROW = "duplicate_row"
NO_DATE = "1900-01-01"
SWALLOWED = 9_000
SUMMED = ("BIGINT", "DOUBLE", "INTEGER", "DECIMAL")


class QuotesBroken(Exception):
    """A file in which an open quote swallows the lines after it; it has to be repaired first."""

    def __init__(self, number: int) -> None:
        super().__init__(f"file {number}")
        self.number = number


@dataclass
class Counts:
    """Rows of one file. `days` are business days with how many rows were loaded for each."""

    read: int = 0
    loaded: int = 0
    rejected: int = 0
    not_of_feed: int = 0
    by_rule: dict[str, int] = field(default_factory=dict)
    warned: dict[str, int] = field(default_factory=dict)
    totals: dict[str, float] = field(default_factory=dict)
    days: dict[str, int] = field(default_factory=dict)


class Arriving:
    """Fills and describes table `arriving` on a connection."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, feed: Feed, layout: Layout, company_zone: str
    ) -> None:
        self._connection = connection
        self._feed = feed
        self._layout = layout
        self._zone = feed.business_time_zone or feed.time_zone or company_zone
        self._files: dict[int, BatchFile] = {}
        self._first: dict[int, int] = {}
        self._reasons: dict[str, str] = {UNPARSABLE: "the line cannot be parsed"}
        columns = [f"{engine.name(n)} {c.type}" for n, c in layout.columns.items()]
        columns += [
            "_business_date date",
            "_file_no integer",
            "_given_row bigint",
            "_of_feed boolean",
            "_failed_rules varchar[]",
            "_warned_rules varchar[]",
            "_row_as_sent varchar",
            "_is_twice boolean",
        ]
        for view in ("arriving", "arriving_all"):
            connection.execute(f"drop view if exists {view}")
        connection.execute(f"create or replace table {ROWS} ({', '.join(columns)})")

    @property
    def files(self) -> list[BatchFile]:
        """Files that were read, by number."""
        return [self._files[number] for number in sorted(self._files)]

    def add(self, group: list[BatchFile]) -> None:
        """Read files of one shape and mapping.

        Raises FileRefused if an SQL expression of the feed does not fit their columns,
        QuotesBroken if one has to be repaired, duckdb.Error if the engine cannot read them.
        """
        sql = Statement(self._connection, self._feed, self._layout, self._zone, group)
        self._drop_rejects()
        try:
            self._connection.execute(f"insert into {ROWS} select *, false from ({sql.rows()})")
        except CONFIG_ERRORS as error:
            raise FeedError(
                f"Feed {self._feed.name}: a rule of the feed or of layout {self._layout.name} is "
                f"no SQL over the layout's columns: {short(error)}"
            ) from error
        self._reasons |= sql.reasons
        try:
            self._add_unparsed(group)
        except QuotesBroken:
            numbers = ", ".join(str(file.number) for file in group)
            self._connection.execute(f"delete from {ROWS} where _file_no in ({numbers})")
            raise
        self._files |= {file.number: file for file in group}

    def finish(self) -> None:
        """Mark duplicates and make the views `arriving` and `arriving_all`."""
        self._mark_duplicates()
        found = self._connection.execute(
            f"select _file_no, min(rowid) from {ROWS} where _given_row is null group by _file_no"
        ).fetchall()
        self._first = dict(found)
        count = max(self._files, default=0)
        files = [self._files.get(number) for number in range(1, count + 1)]
        firsts = ", ".join(str(self._first.get(n, 0)) for n in range(1, count + 1))
        names = engine.texts(f.landing_name if f else "" for f in files)
        periods = engine.texts(f.record.period if f else "" for f in files)
        received = engine.texts(f.record.received_at if f else NO_DATE for f in files)
        select = self._select(
            f"{names}[r._file_no]",
            f"([{firsts}]::bigint[])[r._file_no]",
            f"({received}::timestamp[])[r._file_no]",
            f"{periods}[r._file_no]",
        )
        self._connection.execute(f"create view arriving_all as {select}")
        self._connection.execute("create view arriving as from arriving_all where _of_feed")

    def rows_of(self, number: int) -> str:
        """Select of one file's rows of `arriving`; plans faster than the view over many files."""
        file = self._files[number]
        select = self._select(
            engine.text(file.landing_name),
            str(self._first.get(number, 0)),
            f"{engine.text(file.record.received_at)}::timestamp",
            engine.text(file.record.period),
        )
        return f"({select} where r._file_no = {number} and r._of_feed)"

    def _select(self, file: str, first: str, received: str, period: str) -> str:
        columns = ", ".join(f"r.{engine.name(name)}" for name in self._layout.columns)
        return (
            f"select {columns}, {engine.text(self._feed.source)} as _source, {file} as _file, "
            f"coalesce(r._given_row, r.rowid - {first} + 1) as _row, null::bigint as _load_id, "
            f"{received} as _received_at, {period} as _period, r._business_date, "
            f"{self._marks()}, r._file_no, r._of_feed from {ROWS} r"
        )

    def counts(self) -> dict[int, Counts]:
        """Counts per file number."""
        counts = {number: Counts() for number in self._files}
        summed = [n for n, c in self._layout.columns.items() if self._is_summed(n, c.type)]
        good = "_of_feed and len(_failed_rules) = 0"
        sums = "".join(f", sum({engine.name(n)}::double) filter ({good})" for n in summed)
        for number, read, loaded, not_of_feed, *totals in self._connection.execute(
            f"select _file_no, count(*), count(*) filter ({good}), "
            f"count(*) filter (not _of_feed){sums} from arriving_all group by _file_no"
        ).fetchall():
            found = counts[number]
            found.read, found.loaded, found.not_of_feed = read, loaded, not_of_feed
            found.rejected = read - loaded - not_of_feed
            found.totals = {
                n: float(t) for n, t in zip(summed, totals, strict=True) if t is not None
            }
        for column, which in (("_failed_rules", "by_rule"), ("_warned_rules", "warned")):
            for number, rule, rows in self._connection.execute(
                f"select _file_no, rule, count(*) from (select _file_no, unnest({column}) as rule "
                f"from arriving where len({column}) > 0) group by all order by all"
            ).fetchall():
                getattr(counts[number], which)[rule] = rows
        for number, day, rows in self._connection.execute(
            f"select _file_no, coalesce(_business_date, date '{NO_DATE}')::varchar, count(*) "
            f"from arriving where {good} group by all order by all"
        ).fetchall():
            counts[number].days[day] = rows
        return counts

    @property
    def reasons(self) -> dict[str, str]:
        """What each rule says, for people."""
        return self._reasons

    @property
    def _counts_duplicates(self) -> bool:
        return self._layout.duplicates == "warn"

    def _is_summed(self, column: str, kind: str) -> bool:
        return kind.upper().startswith(SUMMED) and column not in self._layout.key

    def _drop_rejects(self) -> None:
        for table in ("reject_errors", "reject_scans"):
            self._connection.execute(f"drop table if exists {table}")

    def _add_unparsed(self, group: list[BatchFile]) -> None:
        """Add lines that the CSV parser refused, under their own row numbers."""
        by_path = {str(file.readable.path): file for file in group}
        skipped = group[0].readable.skip
        found: dict[int, dict[int, tuple[str, str]]] = {}
        if group[0].readable.kind == "csv":
            for path, line, sent, error in self._connection.execute(
                "select s.file_path, e.line, e.csv_line, e.error_message "
                "from reject_errors e join reject_scans s using (scan_id, file_id) "
                "order by e.line desc"
            ).fetchall():
                file = by_path[path]
                swallows = "\n" in (sent or "").rstrip("\r\n") or len(sent or "") >= SWALLOWED
                if swallows:
                    raise QuotesBroken(file.number)
                row = _nth_free(line - skipped, [row for row, _ in file.readable.repaired])
                found.setdefault(file.number, {})[row] = (sent or "", error)
        for file in group:
            for row, sent in file.readable.repaired:
                found.setdefault(file.number, {})[row] = (
                    sent,
                    "a quote is opened and never closed",
                )
        for number, lines in found.items():
            self._insert_unparsed(number, lines)

    def _insert_unparsed(self, number: int, lines: dict[int, tuple[str, str]]) -> None:
        places = ", ".join(str(row) for row in lines)
        self._connection.execute(
            f"update {ROWS} set _given_row = numbered.n from (select rid, n from "
            f"(select rowid as rid, row_number() over (order by rowid) as p from {ROWS} "
            f"where _file_no = {number}) good join (select n, row_number() over (order by n) as p "
            f"from range(1, (select count(*) from {ROWS} where _file_no = {number}) + "
            f"{max(lines) + 1}) t(n) where n not in ({places})) free using (p)) numbered "
            f"where {ROWS}.rowid = numbered.rid"
        )
        self._connection.execute(
            f"insert into {ROWS} by name select {number} as _file_no, "
            "unnest(?)::bigint as _given_row, true as _of_feed, "
            f"['{UNPARSABLE}'] as _failed_rules, []::varchar[] as _warned_rules, "
            "unnest(?) as _row_as_sent, false as _is_twice",
            [
                list(lines),
                [
                    json.dumps({"_text": s, "_error": e}, ensure_ascii=False)
                    for s, e in lines.values()
                ],
            ],
        )

    def _marks(self) -> str:
        """Marks of a row; one said twice breaks no other rule, and has no text of its own yet."""
        if self._counts_duplicates:
            warned = f"list_append(r._warned_rules, '{EQUAL_ROW}')"
            return (
                f"r._failed_rules, case when r._is_twice then {warned} else r._warned_rules end "
                "as _warned_rules, r._row_as_sent"
            )
        typed = ", ".join(
            f"{engine.text(name)}: r.{engine.name(name)}" for name in self._layout.columns
        )
        return (
            f"case when r._is_twice then ['{DUPLICATE}'] else r._failed_rules end "
            "as _failed_rules, r._warned_rules, case when r._is_twice "
            f"then to_json({{{typed}}})::varchar else r._row_as_sent end as _row_as_sent"
        )

    def _mark_duplicates(self) -> None:
        """Mark rows that say again what an earlier row of the same file says."""
        layout = self._layout
        everything = list(layout.columns)
        if self._counts_duplicates:
            narrow = compared = everything
        elif layout.key:
            version = [layout.version] if layout.version in layout.columns else []
            narrow = [*layout.key, *(v for v in version if v)]
            compared = everything if layout.version else list(layout.key)
        else:
            return
        good = "_of_feed and len(_failed_rules) = 0"
        hashed = f"hash({', '.join(engine.name(n) for n in narrow)})"
        by = ", ".join(engine.name(n) for n in compared)
        self._connection.execute(
            f"create or replace table arriving_hash as select _file_no, {hashed} as h from {ROWS} "
            f"where {good} group by all having count(*) > 1"
        )
        some = self._connection.execute("select count(*) from arriving_hash").fetchone()
        if some and some[0]:
            self._connection.execute(
                f"update {ROWS} set _is_twice = true where rowid in (select rid from "
                "(select r.rowid as rid, row_number() "
                f"over (partition by _file_no, {by} order by r.rowid) as place from {ROWS} r "
                f"semi join arriving_hash d on d._file_no = r._file_no and d.h = {hashed} "
                f"where {good}) where place > 1)"
            )
            self._reasons[DUPLICATE] = (
                f"an earlier row of the file has the same {', '.join(narrow)}"
            )
            self._reasons[EQUAL_ROW] = "an earlier row of the file is equal"
        self._connection.execute("drop table arriving_hash")


def _nth_free(place: int, taken: list[int]) -> int:
    """The `place`-th row number that is not in the ascending list `taken`."""
    for row in taken:
        place += row <= place
    return place

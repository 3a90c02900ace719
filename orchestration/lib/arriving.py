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
from pathlib import Path

import duckdb

from orchestration.lib import casts, engine
from orchestration.lib.feeds import Feed, FeedError
from orchestration.lib.layouts import Layout, Rule
from orchestration.lib.manifest import FileRecord
from orchestration.lib.mapping import Origin
from orchestration.lib.readers import FILE, LINE, OBJECT, ROW, Readable, columns_of, relation
from orchestration.lib.refusals import FileRefused

ROWS = "arriving_rows"
UNPARSABLE = "row_unparsable"
DUPLICATE = "duplicate_key"
EQUAL_ROW = "duplicate_row"
NO_DATE = "1900-01-01"
SWALLOWED = 9_000
SUMMED = ("BIGINT", "DOUBLE", "INTEGER", "DECIMAL")
CONFIG_ERRORS = (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException)


class QuotesBroken(Exception):
    """A file in which an open quote swallows the lines after it; it has to be repaired first."""

    def __init__(self, number: int) -> None:
        super().__init__(f"file {number}")
        self.number = number


@dataclass(frozen=True)
class BatchFile:
    """A file of the batch; numbers count from 1."""

    number: int
    record: FileRecord
    readable: Readable
    origins: tuple[Origin, ...]

    @property
    def landing_name(self) -> str:
        """Name of the file in landing."""
        return Path(self.record.landing_path).name


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
        ]
        for view in ("arriving", "arriving_all"):
            connection.execute(f"drop view if exists {view}")
        connection.execute(f"create or replace table {ROWS} ({', '.join(columns)})")
        connection.execute("create or replace table arriving_twice (rid bigint)")

    @property
    def files(self) -> list[BatchFile]:
        """Files that were read, by number."""
        return [self._files[number] for number in sorted(self._files)]

    def add(self, group: list[BatchFile]) -> None:
        """Read files of one shape and mapping.

        Raises FileRefused if an SQL expression of the feed does not fit their columns,
        QuotesBroken if one has to be repaired, duckdb.Error if the engine cannot read them.
        """
        sql = _Statement(self._connection, self._feed, self._layout, self._zone, group)
        self._drop_rejects()
        try:
            self._connection.execute(f"insert into {ROWS} {sql.rows()}")
        except CONFIG_ERRORS as error:
            raise FeedError(
                f"Feed {self._feed.name}: a rule of the feed or of layout {self._layout.name} is "
                f"no SQL over the layout's columns: {_short(error)}"
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
        first = dict(found)
        count = max(self._files, default=0)
        files = [self._files.get(number) for number in range(1, count + 1)]
        firsts = ", ".join(str(first.get(number, 0)) for number in range(1, count + 1))
        columns = ", ".join(f"r.{engine.name(name)}" for name in self._layout.columns)
        names = engine.texts(f.landing_name if f else "" for f in files)
        periods = engine.texts(f.record.period if f else "" for f in files)
        received = engine.texts(f.record.received_at if f else NO_DATE for f in files)
        kind = f"'{EQUAL_ROW if self._counts_duplicates else DUPLICATE}'"
        twice = "r.rowid in (select rid from arriving_twice)"
        has_twice = self._connection.execute("select count(*) from arriving_twice").fetchone()
        failed, warned, sent = "r._failed_rules", "r._warned_rules", "r._row_as_sent"
        if has_twice and has_twice[0]:
            if self._counts_duplicates:
                warned = f"case when {twice} then list_append({warned}, {kind}) else {warned} end"
            else:
                failed = f"case when {twice} then list_append({failed}, {kind}) else {failed} end"
                typed = ", ".join(f"{engine.text(n)}: r.{engine.name(n)}" for n in self._layout.columns)
                sent = f"case when {twice} then to_json({{{typed}}})::varchar else {sent} end"
        self._connection.execute(
            f"create view arriving_all as select {columns}, "
            f"{engine.text(self._feed.source)} as _source, "
            f"{names}[r._file_no] as _file, "
            f"coalesce(r._given_row, r.rowid - ([{firsts}]::bigint[])[r._file_no] + 1) as _row, "
            f"null::bigint as _load_id, "
            f"({received}::timestamp[])[r._file_no] as _received_at, "
            f"{periods}[r._file_no] as _period, r._business_date, "
            f"{failed} as _failed_rules, {warned} as _warned_rules, {sent} as _row_as_sent, "
            f"r._file_no, r._of_feed from {ROWS} r"
        )
        self._connection.execute("create view arriving as from arriving_all where _of_feed")

    def counts(self) -> dict[int, Counts]:
        """Counts per file number."""
        counts = {number: Counts() for number in self._files}
        summed = [n for n, c in self._layout.columns.items() if self._is_summed(n, c.type)]
        good = "_of_feed and len(_failed_rules) = 0"
        sums = "".join(
            f", sum({engine.name(n)}::double) filter ({good})" for n in summed
        )
        for number, read, loaded, not_of_feed, *totals in self._connection.execute(
            f"select _file_no, count(*), count(*) filter ({good}), "
            f"count(*) filter (not _of_feed){sums} from arriving_all group by _file_no"
        ).fetchall():
            found = counts[number]
            found.read, found.loaded, found.not_of_feed = read, loaded, not_of_feed
            found.rejected = read - loaded - not_of_feed
            found.totals = {n: float(t) for n, t in zip(summed, totals, strict=True) if t is not None}
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
                found.setdefault(file.number, {})[row] = (sent, "a quote is opened and never closed")
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
            "unnest(?) as _row_as_sent",
            [
                list(lines),
                [json.dumps({"_text": s, "_error": e}, ensure_ascii=False) for s, e in lines.values()],
            ],
        )

    def _mark_duplicates(self) -> None:
        """Find rows that say again what an earlier row of the same file says."""
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
                "insert into arriving_twice select rid from (select r.rowid as rid, row_number() "
                f"over (partition by _file_no, {by} order by r.rowid) as place from {ROWS} r "
                f"semi join arriving_hash d on d._file_no = r._file_no and d.h = {hashed} "
                f"where {good}) where place > 1"
            )
            self._reasons[DUPLICATE] = f"an earlier row of the file has the same {', '.join(narrow)}"
            self._reasons[EQUAL_ROW] = "an earlier row of the file is equal"
        self._connection.execute("drop table arriving_hash")


class _Statement:
    """The select that types and checks the rows of files of one shape and mapping."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        feed: Feed,
        layout: Layout,
        zone: str,
        group: list[BatchFile],
    ) -> None:
        self._connection = connection
        self._feed = feed
        self._layout = layout
        self._zone = zone
        self._group = group
        self._readable = group[0].readable
        self._kinds = columns_of([file.readable for file in group])
        self._is_text = self._readable.kind in ("csv", "jsonl")
        self.reasons: dict[str, str] = {}

    def rows(self) -> str:
        """Select in the order of the columns of `arriving_rows`."""
        sent = self._sent()
        described = self._describe(sent)
        typed, conditions = self._typed(described)
        checked = [(rule, f"coalesce({sql}, false)") for rule, sql in conditions]
        checked += [(rule.name, _breaks(rule)) for rule in self._rules("reject")]
        warned = [(rule.name, _breaks(rule)) for rule in self._rules("warn")]
        names = ", ".join(engine.name(n) for n in self._layout.columns)
        flags = [f"{sql} as __f{place}" for place, (_, sql) in enumerate(checked)]
        flags += [f"{sql} as __w{place}" for place, (_, sql) in enumerate(warned)]
        flag_sql = "".join(f", {flag}" for flag in flags)
        failed = _listed([(f"__f{i}", rule) for i, (rule, _) in enumerate(checked)])
        if self._readable.kind == "jsonl":
            failed = f"case when {OBJECT} then ['{UNPARSABLE}'] else {failed} end"
        as_sent = self._as_sent()
        return (
            f"select {names}, _business_date, __no, __row, __of_feed, __failed, "
            f"case when len(__failed) > 0 then []::varchar[] else __warned end, "
            f"case when __of_feed and len(__failed) > 0 then {as_sent} end "
            f"from (select *, {failed} as __failed, "
            f"{_listed([(f'__w{i}', rule) for i, (rule, _) in enumerate(warned)])} as __warned "
            f"from (select *, {self._business_date()} as _business_date{flag_sql} "
            f"from (select {typed} from ({sent}))))"
        )

    def _rules(self, severity: str) -> list[Rule]:
        rules = [r for r in (*self._layout.rules, *self._feed.rules) if r.severity == severity]
        self.reasons |= {rule.name: rule.description for rule in rules}
        return rules

    def _sent(self) -> str:
        """Level 1: what was sent for each layout column, before types."""
        numbers = [file.number for file in self._group]
        paths = engine.texts(file.readable.path for file in self._group)
        place = f"list_position({paths}, {FILE})"
        period = engine.texts(file.record.period for file in self._group)
        name = engine.texts(file.record.name for file in self._group)
        base = relation([file.readable for file in self._group], self._feed.format)
        fields = []
        for place_no, origin in enumerate(self._group[0].origins):
            fields.append(f"{self._origin_sql(origin)} as __s{place_no}")
            if origin.kind == "value":
                error = f"try(({origin.what}) is null) is null"
                fields.append(f"{error} as __e{place_no}")
        row = "__row" if self._has_rows else "null::bigint as __row"
        where = self._feed.where
        fields += [
            "__no",
            row,
            f"coalesce(try(coalesce(({where}), false)), true) as __of_feed" if where else "true as __of_feed",
            f"try(coalesce(({where}), false)) is null as __where_error" if where else "false as __where_error",
            self._source_struct(),
        ]
        given = f", {ROW} as __row" if self._has_rows else ""
        return (
            f"select {', '.join(fields)} from (select *, {numbers}[{place}]::integer as __no, "
            f"{period}[{place}] as _period, {name}[{place}] as _file{given} from {base})"
        )

    @property
    def _has_rows(self) -> bool:
        return self._readable.kind == "parquet" or bool(self._readable.unpivoted)

    def _source_struct(self) -> str:
        if self._readable.kind == "jsonl":
            return f"{LINE} as __src, {OBJECT}"
        pairs = ", ".join(f"{engine.text(h)}: {engine.name(h)}" for h in self._kinds)
        return f"{{{pairs}}} as __src"

    def _as_sent(self) -> str:
        if self._readable.kind == "jsonl":
            return f"case when {OBJECT} then to_json({{'_text': __src}})::varchar else __src end"
        return "to_json(__src)::varchar"

    def _origin_sql(self, origin: Origin) -> str:
        if origin.kind == "header":
            return engine.name(origin.what)
        if origin.kind == "value":
            return f"try(({origin.what}))"
        if origin.kind == "constant":
            kind = self._layout.columns[origin.column].type
            return f"try_cast({engine.text(origin.what)} as {kind})"
        return f"null::{self._layout.columns[origin.column].type}"

    def _describe(self, sent: str) -> dict[str, str]:
        try:
            rows = self._connection.execute(f"describe {sent}").fetchall()
        except CONFIG_ERRORS as error:
            raise FileRefused(
                "expression",
                f"`values` or `where` of feed {self._feed.name} do not fit the file's columns "
                f"({', '.join(self._kinds)}): {_short(error)}",
            ) from error
        return {row[0]: row[1] for row in rows}

    def _typed(self, described: dict[str, str]) -> tuple[str, list[tuple[str, str]]]:
        """Level 2: typed columns; and the conditions under which a value breaks its type."""
        fields, conditions = [], []
        for place, origin in enumerate(self._group[0].origins):
            column = self._layout.columns[origin.column]
            name, sent = engine.name(origin.column), f"__s{place}"
            kind = described[sent]
            if kind == "VARCHAR" and origin.kind in ("header", "value"):
                nulls_done = origin.kind == "header" and self._readable.kind == "csv"
                value = casts.sent_text(sent, self._feed.format, nulls_done)
                typed = casts.cast_text(value, column.type, self._feed.format, self._feed.time_zone)
                holds = casts.is_sent_text(value)
            else:
                typed = casts.cast_typed(sent, kind, column.type, self._feed.time_zone)
                holds = casts.is_sent_typed(sent, kind)
            fields.append(f"{typed} as {name}, {sent}")
            conditions += self._type_conditions(place, origin, column.type, holds)
            if column.required:
                conditions.append(self._required(place, origin, column.type, holds))
        conditions.append(("where_error", "__where_error"))
        errors = [
            f"__e{place}" for place, o in enumerate(self._group[0].origins) if o.kind == "value"
        ]
        carried = ["__no", "__row", "__of_feed", "__where_error", "__src", *errors]
        if self._readable.kind == "jsonl":
            carried.append(OBJECT)
        self.reasons["where_error"] = "`where` of the feed fails on this row"
        if not self._feed.where:
            conditions.pop()
        return ", ".join(fields + carried), conditions

    def _type_conditions(
        self, place: int, origin: Origin, kind: str, holds: str
    ) -> list[tuple[str, str]]:
        name = engine.name(origin.column)
        found = []
        broken = []
        if origin.kind != "none" and not (kind.upper() == "VARCHAR" and self._is_text):
            broken.append(f"({name} is null and {holds})")
        if origin.kind == "value":
            broken.append(f"__e{place}")
        if broken:
            self.reasons[f"type_{origin.column}"] = f"{origin.column} is no {_words(kind)}"
            found.append((f"type_{origin.column}", " or ".join(broken)))
        if casts.is_time(kind):
            self.reasons[f"implausible_{origin.column}"] = (
                f"{origin.column} is before {casts.FIRST_DAY} or not before {casts.DAY_AFTER_LAST}"
            )
            found.append((f"implausible_{origin.column}", casts.is_implausible(name, kind)))
        return found

    def _required(self, place: int, origin: Origin, kind: str, holds: str) -> tuple[str, str]:
        name = engine.name(origin.column)
        self.reasons[f"required_{origin.column}"] = f"{origin.column} is empty"
        if kind.upper() == "VARCHAR":
            return f"required_{origin.column}", f"({name} is null or trim({name}) = '')"
        return f"required_{origin.column}", f"({name} is null and not {holds})"

    def _business_date(self) -> str:
        layout = self._layout
        if layout.business_date:
            return f"try(({layout.business_date})::date)"
        if layout.business_at:
            moment = f"({layout.business_at})::timestamp"
            if self._zone != "UTC":
                moment = f"timezone({engine.text(self._zone)}, timezone('UTC', {moment}))"
            return f"try(({moment})::date)"
        return "null::date"


def _nth_free(place: int, taken: list[int]) -> int:
    """The `place`-th row number that is not in the ascending list `taken`."""
    for row in taken:
        place += row <= place
    return place


def _breaks(rule: Rule) -> str:
    """Condition: the rule says no, or cannot be worked out; unknown (null) passes."""
    return f"not coalesce(try(coalesce(({rule.passes}), true)), false)"


def _listed(flags: list[tuple[str, str]]) -> str:
    """The names of the rules whose flags are true; made only for rows that have one."""
    if not flags:
        return "[]::varchar[]"
    names = ", ".join(f"case when {flag} then {engine.text(rule)} end" for flag, rule in flags)
    any_of = " or ".join(flag for flag, _ in flags)
    return f"case when {any_of} then list_filter([{names}], lambda x: x is not null) else [] end"


def _words(kind: str) -> str:
    return {
        "BIGINT": "whole number",
        "DOUBLE": "number",
        "DATE": "date",
        "TIMESTAMP": "time",
        "BOOLEAN": "yes or no",
    }.get(kind.upper(), kind)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


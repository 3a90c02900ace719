"""The one statement that types and checks the rows of files of one shape and mapping.

Belongs here: the SQL from what was sent to typed columns and the rules that each row breaks.
Doesn't belong here: running it (see `arriving`), expressions over one value (see `casts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.lib import casts, engine
from orchestration.lib.feeds import Feed
from orchestration.lib.layouts import Layout, Rule
from orchestration.lib.manifest import FileRecord
from orchestration.lib.mapping import Origin
from orchestration.lib.readers import FILE, LINE, OBJECT, ROW, Readable, columns_of, relation
from orchestration.lib.refusals import FileRefused

UNPARSABLE = "row_unparsable"
CONFIG_ERRORS = (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException)


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


class Statement:
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
            f"coalesce(try(coalesce(({where}), false)), true) as __of_feed"
            if where
            else "true as __of_feed",
            f"try(coalesce(({where}), false)) is null as __where_error"
            if where
            else "false as __where_error",
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
                f"({', '.join(self._kinds)}): {short(error)}",
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


def short(error: Exception) -> str:
    """First words of an error, on one line."""
    return " ".join(str(error).split())[:300]

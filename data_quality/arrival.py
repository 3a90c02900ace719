"""Gate 1: what must hold for a batch of a feed before it becomes bronze.

A row rule is written once, in the layout or the feed: ingestion marks the rows that break it
(`_failed_rules`, `_warned_rules`) and quarantines them, and the check here counts the same
marks. So row rules warn (their rows are held back already) unless the rule's own limit,
`max_failed_pct`, is passed. What concerns the batch as a whole is checked beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from data_quality.checks import CheckDefinition, CheckResult, Run, Severity
from data_quality.engine import ROWS, Expected, Judge, Outcome
from orchestration.lib import engine
from orchestration.lib.arriving import DUPLICATE, EQUAL_ROW, UNPARSABLE
from orchestration.lib.casts import is_time
from orchestration.lib.feeds import Feed
from orchestration.lib.layouts import Layout, Rule

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

UNUSUAL_FACTOR = 4
WHERE_ERROR = "where_error"
_TOLD_AGAIN = ("files_readable", "columns_as_agreed")
# Few rows carry a mark; only those need be looked into, which costs next to nothing.
_IS_MARKED = "len(_failed_rules) > 0 or len(_warned_rules) > 0"
_FACT_TYPES = {int: "BIGINT", str: "VARCHAR"}


@dataclass(frozen=True)
class BatchFacts:
    """What ingestion counted while it read a batch; the gate compares it with the rows.

    `usual_rows` is what a batch of these files usually holds, by the feed's own history (see
    `volume`); None where there is too little of it.
    """

    rows_read: int
    rows_not_of_feed: int = 0
    files_read: int = 1
    files_refused: tuple[str, ...] = ()
    columns_missing: tuple[str, ...] = ()
    columns_extra: tuple[str, ...] = ()
    usual_rows: float | None = None


@dataclass(frozen=True)
class _BatchCheck:
    """A condition over the one row of batch facts, and how a person reads what was observed."""

    severity: Severity
    description: str
    passes: str
    observed: str


_BATCH_CHECKS = {
    "rows_reconcile": _BatchCheck(
        "critical",
        "Every row read is loaded, rejected or not of this feed; none is lost or doubled",
        "rows_read = rows_loaded + rows_rejected + rows_not_of_feed",
        "read {rows_read} = loaded {rows_loaded} + rejected {rows_rejected} "
        "+ not of this feed {rows_not_of_feed}",
    ),
    "rejected_share": _BatchCheck(
        "critical",
        "No more of the rows read are rejected than the feed allows (max_rejected_pct)",
        "rows_rejected * 100.0 <= max_rejected_pct * rows_read",
        "{rows_rejected} of {rows_read} rejected, {max_rejected_pct:g} % allowed",
    ),
    "files_readable": _BatchCheck(
        "warning",
        "Every file of the batch could be read",
        "files_refused = 0",
        "{files_read} files read, {files_refused} refused {refused_names}",
    ),
    "columns_as_agreed": _BatchCheck(
        "warning",
        "The files have the columns that the feed names, none missing and none unknown",
        "columns_missing = '' and columns_extra = ''",
        "{columns}",
    ),
    "row_volume": _BatchCheck(
        "warning",
        f"The batch is not {UNUSUAL_FACTOR} times smaller or larger than such batches usually are",
        f"usual_rows is null or rows_read between usual_rows / {UNUSUAL_FACTOR}.0 "
        f"and usual_rows * {UNUSUAL_FACTOR}",
        "{rows_read} rows, {usually}",
    ),
}


@dataclass(frozen=True)
class _RowCheck:
    """Rows that carry any of `marks` in the list column `column` fail."""

    name: str
    description: str
    marks: tuple[str, ...]
    column: str = "_failed_rules"
    max_failed_pct: float | None = None

    @property
    def severity(self) -> Severity:
        return "warning" if self.max_failed_pct is None else "critical"

    @property
    def passes(self) -> str:
        return f"coalesce(not list_has_any({self.column}, {engine.texts(self.marks)}), true)"


def arrival_checks(feed: Feed, layout: Layout) -> list[CheckDefinition]:
    """Every check of a feed's batches, in the order in which they are reported."""
    batch = [
        CheckDefinition("arrival", feed.name, name, c.severity, c.description, ROWS)
        for name, c in _BATCH_CHECKS.items()
    ]
    rows = [
        CheckDefinition("arrival", feed.name, c.name, c.severity, c.description, ROWS)
        for c in _row_checks(feed, layout)
    ]
    return batch + rows


def judge_arrival(
    connection: DuckDBPyConnection,
    feed: Feed,
    layout: Layout,
    facts: BatchFacts,
    run: Run,
    table: str = "arriving",
) -> list[CheckResult]:
    """Run every check of `arrival_checks` on the batch in `table` of an open connection.

    `table` holds each row of the batch once, typed, with `_failed_rules` and `_warned_rules`.
    """
    row_checks = _row_checks(feed, layout)
    numbers = _numbers(connection, feed, facts, table)
    expected = [Expected(c.name, ROWS, {"passes": c.passes}, c.severity) for c in row_checks]
    on_batch = [
        Expected(name, ROWS, {"passes": c.passes}, c.severity) for name, c in _BATCH_CHECKS.items()
    ]
    with Judge(connection) as judge:
        with _one_row(connection, numbers) as facts_row:
            batch_outcomes = judge.run(facts_row, on_batch)
        row_outcomes = judge.run(f"select * from {table} where {_IS_MARKED}", expected)
    rows = numbers["rows_loaded"] + numbers["rows_rejected"]
    marks = _marks(connection, table) if not all(o.success for o in row_outcomes) else {}
    results = [_batch_result(_BATCH_CHECKS[o.name], o, numbers) for o in batch_outcomes]
    results += [
        _row_result(c, o, rows, marks) for c, o in zip(row_checks, row_outcomes, strict=True)
    ]
    return [CheckResult(**_identity(run, feed), **result) for result in results]


def merge_batches(results: Sequence[CheckResult]) -> list[CheckResult]:
    """One result per check of a run that took a feed's files in several batches.

    A check passed if it did in every batch. Rows add up; files and findings do not, for a later
    batch tells those of the earlier ones again. What was observed is that of the first batch that
    failed, the critical ones first.
    """
    merged: dict[str, list[CheckResult]] = {}
    for result in results:
        merged.setdefault(result.check_name, []).append(result)
    return [_merged(batches) for batches in merged.values()]


def _merged(batches: Sequence[CheckResult]) -> CheckResult:
    worst = min(batches, key=lambda r: (r.success, r.severity))
    if worst.check_name in _TOLD_AGAIN:
        return max(batches, key=lambda r: (not r.success, r.rows_failed, r.rows_evaluated))
    return replace(
        worst,
        rows_evaluated=sum(r.rows_evaluated for r in batches),
        rows_failed=sum(r.rows_failed for r in batches),
    )


def _row_checks(feed: Feed, layout: Layout) -> list[_RowCheck]:
    """One per rule; what holds for columns of a kind is one check over all of them."""
    required = tuple(f"required_{n}" for n, c in layout.columns.items() if c.required)
    dated = tuple(f"implausible_{n}" for n, c in layout.columns.items() if is_time(c.type))
    typed = tuple(f"type_{name}" for name in layout.columns)
    checks = [
        _RowCheck(
            "rows_parsable", "Every row can be told apart and read", (UNPARSABLE, WHERE_ERROR)
        ),
        _RowCheck("values_readable", "Every value can be read as its column's type", typed),
    ]
    if dated:
        checks.append(_RowCheck("dates_plausible", "Every date is one that can be true", dated))
    if required:
        text = "Every required column has a value"
        checks.append(_RowCheck("required_columns_filled", text, required))
    if layout.duplicates == "warn":
        text = "No two rows of a file are equal (the source has no key: equal rows stay, counted)"
        checks.append(_RowCheck("duplicate_rows", text, (EQUAL_ROW,), "_warned_rules"))
    elif layout.key:
        text = f"One row per {', '.join(layout.key)} and version in a file"
        checks.append(_RowCheck("duplicate_key", text, (DUPLICATE,)))
    taken = {check.name for check in checks} | set(_BATCH_CHECKS)
    return checks + [_rule_check(rule, taken) for rule in (*layout.rules, *feed.rules)]


def _rule_check(rule: Rule, taken: set[str]) -> _RowCheck:
    name = f"rule_{rule.name}" if rule.name in taken else rule.name
    column = "_warned_rules" if rule.severity == "warn" else "_failed_rules"
    return _RowCheck(name, rule.description, (rule.name,), column, rule.max_failed_pct)


def _numbers(
    connection: DuckDBPyConnection, feed: Feed, facts: BatchFacts, table: str
) -> dict[str, Any]:
    """The facts of the batch as one row: what the reader counted and what the table holds."""
    loaded, marked = connection.execute(
        "select count(*) filter (where coalesce(len(_failed_rules), 0) = 0), "
        "count(*) filter (where len(_failed_rules) > 0) "
        f"from {table}"
    ).fetchall()[0]
    return {
        "rows_read": facts.rows_read,
        "rows_loaded": loaded,
        "rows_rejected": marked,
        "rows_not_of_feed": facts.rows_not_of_feed,
        "max_rejected_pct": float(feed.max_rejected_pct),
        "files_read": facts.files_read,
        "files_refused": len(facts.files_refused),
        "refused_names": ", ".join(facts.files_refused),
        "columns_missing": ", ".join(facts.columns_missing),
        "columns_extra": ", ".join(facts.columns_extra),
        "usual_rows": facts.usual_rows,
    }


@contextmanager
def _one_row(connection: DuckDBPyConnection, numbers: Mapping[str, Any]) -> Iterator[str]:
    """The facts as a temporary table: names of files and columns stay values, never SQL."""
    columns = ", ".join(
        f"?::{_FACT_TYPES.get(type(v), 'DOUBLE')} as {n}" for n, v in numbers.items()
    )
    connection.execute(
        f"create or replace temp table batch_facts as select {columns}", list(numbers.values())
    )
    yield "select * from temp.batch_facts"
    connection.execute("drop table temp.batch_facts")


def _marks(connection: DuckDBPyConnection, table: str) -> dict[str, int]:
    """How many rows carry each mark."""
    found = connection.execute(
        "select mark, count(*) from (select unnest(list_concat(coalesce(_failed_rules, []), "
        f"coalesce(_warned_rules, []))) as mark from {table}) group by mark"
    ).fetchall()
    return {str(mark): int(count) for mark, count in found}


def _identity(run: Run, feed: Feed) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "run_at": run.run_at,
        "gate": "arrival",
        "asset": feed.name,
        "expectation_type": ROWS,
    }


def _batch_result(
    check: _BatchCheck, outcome: Outcome, numbers: Mapping[str, Any]
) -> dict[str, Any]:
    """Counts rows or files where the check is about them, else the batch as one."""
    read, rejected = int(numbers["rows_read"]), int(numbers["rows_rejected"])
    accounted = int(numbers["rows_loaded"]) + rejected + int(numbers["rows_not_of_feed"])
    refused = int(numbers["files_refused"])
    evaluated, failed = {
        "rows_reconcile": (read, abs(read - accounted)),
        "rejected_share": (read, rejected),
        "files_readable": (int(numbers["files_read"]) + refused, refused),
    }.get(outcome.name, (1, 1))
    return {
        "check_name": outcome.name,
        "severity": check.severity,
        "success": outcome.success,
        "rows_evaluated": evaluated,
        "rows_failed": 0 if outcome.success else failed,
        "observed_value": outcome.error or check.observed.format(**_words(numbers)).strip(),
        "description": check.description,
    }


def _words(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The facts, and what of them needs words."""
    kinds = {"missing": numbers["columns_missing"], "unknown": numbers["columns_extra"]}
    told = "; ".join(f"{kind}: {names}" for kind, names in kinds.items() if names)
    usual = numbers["usual_rows"]
    usually = "too little history to compare" if usual is None else f"usually {usual:,.0f}"
    return {**numbers, "columns": told or "as agreed", "usually": usually}


def _row_result(
    check: _RowCheck, outcome: Outcome, rows: int, marks: Mapping[str, int]
) -> dict[str, Any]:
    limit = check.max_failed_pct
    passed_limit = limit is not None and outcome.rows_failed * 100 > limit * rows
    observed = outcome.error or f"{outcome.rows_failed} of {rows} rows failed"
    if not outcome.success and len(check.marks) > 1:
        found = [f"{mark} {marks[mark]}" for mark in check.marks if mark in marks]
        observed += f" ({', '.join(found)})" if found else ""
    return {
        "check_name": check.name,
        "severity": "critical" if passed_limit or outcome.error else "warning",
        "success": outcome.success,
        "rows_evaluated": rows,
        "rows_failed": outcome.rows_failed,
        "observed_value": observed,
        "description": check.description,
    }

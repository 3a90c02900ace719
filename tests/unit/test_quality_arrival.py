"""Gate 1: every check on an arriving batch is seen passing and failing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from data_quality.arrival import BatchFacts, arrival_checks, judge_arrival, merge_batches
from data_quality.checks import CheckResult, Run
from data_quality.volume import usual_rows
from orchestration.lib.feeds import Feed
from orchestration.lib.layouts import Column, Layout, Rule
from orchestration.lib.manifest import SCHEMA

ROWS = 100
LIMITED = Rule(
    name="price_below_limit",
    description="Price below 1000",
    passes="price < 1000",
    max_failed_pct=2,
)
FEED = Feed(source="shop_a", table="sale", files="sale_*.csv", max_rejected_pct=5, rules=(LIMITED,))


def layout(**changes: object) -> Layout:
    columns = {
        "id": Column(type="BIGINT", description="Sale", required=True),
        "price": Column(type="DOUBLE", description="Price"),
        "sold_on": Column(type="DATE", description="Day"),
    }
    rules = (
        Rule(name="price_not_negative", description="A price is zero or more", passes="price >= 0"),
        Rule(
            name="price_usual", description="A price is usual", passes="price < 9", severity="warn"
        ),
    )
    body = {
        "source": "shop", "table": "sale", "family": "channel", "description": "d", "grain": "sale",
        "key": ("id",), "columns": columns, "rules": rules,
    }  # fmt: skip
    return Layout.model_validate(body | changes)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute(
            "create temp table arriving as select range as id, 1.5 as price, "
            "[]::varchar[] as _failed_rules, null::varchar[] as _warned_rules, range as _row "
            f"from range({ROWS})"
        )
        yield opened


def judge(
    connection: duckdb.DuckDBPyConnection, facts: BatchFacts | None = None, of: Layout | None = None
) -> dict[str, CheckResult]:
    of = of or layout()
    results = judge_arrival(connection, FEED, of, facts or BatchFacts(rows_read=ROWS), Run.now("r"))
    assert [r.check_name for r in results] == [d.name for d in arrival_checks(FEED, of)]
    return {result.check_name: result for result in results}


def failing(results: dict[str, CheckResult]) -> dict[str, tuple[str, int]]:
    return {n: (r.severity, r.rows_failed) for n, r in results.items() if not r.success}


def mark(
    connection: duckdb.DuckDBPyConnection, rows: int, *marks: str, column: str = "_failed_rules"
) -> None:
    connection.execute(f"update arriving set {column} = ? where id < ?", [list(marks), rows])


def test_a_clean_batch_passes_every_check(connection: duckdb.DuckDBPyConnection) -> None:
    results = judge(connection)
    assert failing(results) == {}
    assert set(results) == {
        "rows_reconcile", "rejected_share", "files_readable", "columns_as_agreed", "row_volume",
        "rows_parsable", "values_readable", "dates_plausible", "required_columns_filled",
        "duplicate_key", "price_not_negative", "price_usual", "price_below_limit",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("marks", "column", "check"),
    [
        (("row_unparsable",), "_failed_rules", "rows_parsable"),
        (("where_error",), "_failed_rules", "rows_parsable"),
        (("type_price",), "_failed_rules", "values_readable"),
        (("implausible_sold_on",), "_failed_rules", "dates_plausible"),
        (("required_id",), "_failed_rules", "required_columns_filled"),
        (("duplicate_key",), "_failed_rules", "duplicate_key"),
        (("price_not_negative", "other"), "_failed_rules", "price_not_negative"),
        (("price_usual",), "_warned_rules", "price_usual"),
    ],
)
def test_marked_rows_fail_their_rule_with_a_warning(
    connection: duckdb.DuckDBPyConnection, marks: tuple[str, ...], column: str, check: str
) -> None:
    mark(connection, 3, *marks, column=column)
    assert failing(judge(connection)) == {check: ("warning", 3)}


def test_the_breakdown_names_the_columns(connection: duckdb.DuckDBPyConnection) -> None:
    mark(connection, 3, "type_price", "type_id")
    mark(connection, 1, "type_price")
    assert "type_id 2, type_price 3" in judge(connection)["values_readable"].observed_value


@pytest.mark.parametrize(("rows", "severity"), [(2, "warning"), (3, "critical")])
def test_a_rule_with_a_limit_turns_critical_above_it(
    connection: duckdb.DuckDBPyConnection, rows: int, severity: str
) -> None:
    mark(connection, rows, "price_below_limit")
    assert failing(judge(connection)) == {"price_below_limit": (severity, rows)}


@pytest.mark.parametrize(("rows", "stops"), [(5, False), (6, True)])
def test_too_many_rejected_rows_stop_the_batch(
    connection: duckdb.DuckDBPyConnection, rows: int, stops: bool
) -> None:
    mark(connection, rows, "price_not_negative")
    result = judge(connection)["rejected_share"]
    assert result.is_critical_failure is stops
    assert f"{rows} of 100 rejected" in result.observed_value


@pytest.mark.parametrize("read", [ROWS - 1, ROWS + 1])
def test_a_lost_or_doubled_row_stops_the_batch(
    connection: duckdb.DuckDBPyConnection, read: int
) -> None:
    assert failing(judge(connection, BatchFacts(rows_read=read))) == {
        "rows_reconcile": ("critical", 1)
    }


def test_rows_of_other_feeds_are_accounted_for(connection: duckdb.DuckDBPyConnection) -> None:
    assert failing(judge(connection, BatchFacts(rows_read=ROWS + 7, rows_not_of_feed=7))) == {}


@pytest.mark.parametrize(
    ("facts", "check", "says"),
    [
        (
            BatchFacts(ROWS, files_refused=("a'; drop table arriving; --.csv",)),
            "files_readable",
            "--.csv",
        ),
        (
            BatchFacts(ROWS, columns_extra=("new:column {x} 5%",)),
            "columns_as_agreed",
            "new:column {x} 5%",
        ),
        (BatchFacts(ROWS, columns_missing=("price",)), "columns_as_agreed", "missing: price"),
        (BatchFacts(ROWS, usual_rows=401), "row_volume", "usually 401"),
        (BatchFacts(ROWS, usual_rows=24), "row_volume", "usually 24"),
    ],
)
def test_a_batch_that_is_unlike_the_agreement_warns(
    connection: duckdb.DuckDBPyConnection, facts: BatchFacts, check: str, says: str
) -> None:
    results = judge(connection, facts)
    assert failing(results) == {check: ("warning", 1)}
    assert says in results[check].observed_value


def test_equal_rows_are_counted_where_the_source_has_no_key(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    keyless = layout(key=(), duplicates="warn")
    assert failing(judge(connection, of=keyless)) == {}
    mark(connection, 3, "duplicate_row", column="_warned_rules")
    assert failing(judge(connection, of=keyless)) == {"duplicate_rows": ("warning", 3)}


def test_an_empty_batch_is_judged_too(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("delete from arriving")
    assert failing(judge(connection, BatchFacts(rows_read=0))) == {}
    assert "rows_reconcile" in failing(judge(connection, BatchFacts(rows_read=1)))


def test_batches_of_one_run_become_one_result_per_check(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    run = Run.now("r")
    facts = BatchFacts(ROWS, files_refused=("a.csv",))
    found = judge_arrival(connection, FEED, layout(), facts, run)
    mark(connection, 6, "price_not_negative")
    found += judge_arrival(connection, FEED, layout(), facts, run)
    merged = {result.check_name: result for result in merge_batches(found)}
    assert list(merged) == [d.name for d in arrival_checks(FEED, layout())]
    assert failing(merged) == {
        "files_readable": ("warning", 1),
        "rejected_share": ("critical", 6),
        "price_not_negative": ("warning", 6),
    }
    assert merged["rejected_share"].rows_evaluated == 2 * ROWS
    assert merged["price_not_negative"].rows_evaluated == 2 * ROWS


def test_a_rule_named_like_a_check_of_the_batch_keeps_its_own_name() -> None:
    rule = Rule(name="row_volume", description="Volume", passes="true")
    names = [d.name for d in arrival_checks(FEED, layout(rules=(rule,)))]
    assert len(names) == len(set(names)) and "rule_row_volume" in names


def test_usual_rows_compare_days_with_days(tmp_path: Path) -> None:
    path = tmp_path / "manifest.sqlite"
    assert usual_rows(path, FEED, ["2025-12-31"]) is None
    with sqlite3.connect(path) as manifest:
        manifest.executescript(SCHEMA)
        history = [("2025-12-0" + str(d), 10 * d) for d in range(1, 4)] + [("2025-11", 9000)]
        for number, (period, rows) in enumerate(history, start=1):
            _record(manifest, number, period, rows)
    assert usual_rows(path, FEED, ["2025-12-30", "2025-12-31"]) == 40
    assert usual_rows(path, FEED, ["2025-12"]) is None, "one month is no history"


def _record(manifest: sqlite3.Connection, number: int, period: str, rows: int) -> None:
    manifest.execute(
        "insert into file (file_id, feed_source, feed_table, path, name, size, mtime_ns, sha256, "
        "landing_path, sender, period, partition, received_at, landed_at, status) "
        "values (?, 'shop_a', 'sale', ?, 'n', 1, 1, 'x', 'l', 's', ?, ?, 'r', 'l', 'loaded')",
        (number, period, period, period),
    )
    manifest.execute(
        "insert into load (load_id, file_id, layout_source, layout_table, loaded_at, rows_read, "
        "rows_loaded, rows_rejected, rows_not_of_feed, is_snapshot, is_current, status) "
        "values (?, ?, 'shop', 'sale', 'l', ?, ?, 0, 0, 0, 1, 'loaded')",
        (number, number, rows, rows),
    )

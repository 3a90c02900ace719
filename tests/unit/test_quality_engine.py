"""Great Expectations inside DuckDB: each kind of expectation passes, fails and breaks."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator

import duckdb
import pytest

from data_quality.engine import QUERY, ROWS, ExpectationError, Expected, Judge, Outcome


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute(
            "create temp table sale as select range as sale_id, range % 3 as place, "
            "case when range <> 7 then 'a:b' end as note, "
            "timestamp '2025-01-01 10:30:00' as sold_at from range(100)"
        )
        yield opened


def judge(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    rows_of: str = "select * from sale",
    **kwargs: object,
) -> Outcome:
    with Judge(connection) as opened:
        return opened.run(rows_of, [Expected("check", kind, kwargs, "critical")])[0]


@pytest.mark.parametrize(
    ("kind", "kwargs", "failed"),
    [
        (ROWS, {"passes": "sale_id >= 0"}, 0),
        (ROWS, {"passes": "sale_id >= 5"}, 5),
        (ROWS, {"passes": "note = 'a:b'"}, 1),
        (ROWS, {"passes": "sold_at::date = date '2025-01-01' and '{x}' <> '50%'"}, 0),
        (QUERY, {"query": "select sale_id from sale where sale_id < 0"}, 0),
        (QUERY, {"query": "select sale_id from sale where sale_id < 3 and note = 'a:b'"}, 3),
        (QUERY, {"query": "select sale_id -- a comment\nfrom sale where sold_at::date is null"}, 0),
        ("ExpectColumnValuesToNotBeNull", {"column": "sale_id"}, 0),
        ("ExpectColumnValuesToNotBeNull", {"column": "note"}, 1),
        ("ExpectColumnValuesToBeInSet", {"column": "place", "value_set": [0, 1]}, 33),
        ("ExpectTableRowCountToBeBetween", {"min_value": 100, "max_value": 100}, 0),
        ("ExpectTableRowCountToBeBetween", {"min_value": 101}, 1),
        (
            "UnexpectedRowsExpectation",
            {"unexpected_rows_query": "select 1 from {batch} where place = 2"},
            33,
        ),
    ],
)
def test_each_kind_of_expectation_counts_what_fails(
    connection: duckdb.DuckDBPyConnection, kind: str, kwargs: dict[str, object], failed: int
) -> None:
    outcome = judge(connection, kind, **kwargs)
    assert (outcome.success, outcome.rows_failed, outcome.error) == (failed == 0, failed, None)


def test_limits_allow_a_share_of_rows_or_a_number(connection: duckdb.DuckDBPyConnection) -> None:
    assert judge(connection, ROWS, passes="sale_id >= 5", max_failed_pct=5).success
    assert not judge(connection, ROWS, passes="sale_id >= 5", max_failed_pct=4.9).success
    assert judge(connection, QUERY, query="select 1 from sale limit 2", max_failed_rows=2).success


def test_an_unknown_answer_is_a_failure(connection: duckdb.DuckDBPyConnection) -> None:
    assert judge(connection, ROWS, passes="null").rows_failed == 100


def test_an_empty_table_has_no_failing_rows(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = judge(connection, ROWS, "select * from sale where false", passes="sale_id > 1e9")
    assert (outcome.success, outcome.rows_evaluated, outcome.rows_failed) == (True, 0, 0)


def test_a_check_that_cannot_run_fails_alone_and_says_why(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    expectations = [
        Expected("good", ROWS, {"passes": "sale_id >= 0"}, "warning"),
        Expected("no_column", ROWS, {"passes": "nothing_like_it > 1"}, "critical"),
        Expected("no_table", QUERY, {"query": "select * from nowhere"}, "critical"),
        Expected("bad", ROWS, {"passes": "sale_id > 0"}, "warning"),
    ]
    with Judge(connection) as opened:
        good, no_column, no_table, bad = opened.run("select * from sale", expectations)
    assert good.success and bad.rows_failed == 1
    assert not no_column.success and "nothing_like_it" in (no_column.error or "")
    assert not no_table.success and "nowhere" in no_table.observed_value


def test_equal_expectations_under_two_names_both_report(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    twice = [Expected(n, ROWS, {"passes": "sale_id > 1"}, "warning") for n in ("one", "two")]
    with Judge(connection) as opened:
        assert [o.name for o in opened.run("select * from sale", twice)] == ["one", "two"]


def test_an_expectation_that_does_not_exist_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ExpectationError, match=r"'check'.*'ExpectMiracles'"):
        judge(connection, "ExpectMiracles")
    with pytest.raises(ExpectationError, match="passes"):
        judge(connection, ROWS, pases="true")


def test_the_caller_keeps_connection_and_transaction(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("begin")
    connection.execute("create table made_in_transaction as select 1 as a")
    assert judge(connection, ROWS, "select * from made_in_transaction", passes="a = 1").success
    gc.collect()
    connection.execute("rollback")
    assert connection.execute("select count(*) from sale").fetchall() == [(100,)]
    with pytest.raises(duckdb.CatalogException):
        connection.execute("select * from made_in_transaction")


def test_naming_checks_does_not_import_great_expectations() -> None:
    code = (
        "import sys, data_quality.arrival, data_quality.marts, data_quality.data_docs;"
        "data_quality.suites.mart_checks(); assert 'great_expectations' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nothing_leaves_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import socket, duckdb\n"
        "def refuse(*_): raise AssertionError('a gate reached for the network')\n"
        "socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse\n"
        "from data_quality.engine import *\n"
        "with Judge(duckdb.connect()) as judge:\n"
        "    expected = [Expected('a', ROWS, {'passes': 'a = 1'}, 'critical')]\n"
        "    found = judge.run('select 1 as a', expected)\n"
        "assert found[0].success\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

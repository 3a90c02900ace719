"""Gate 2: what must hold for the marts before they are published.

Every check is an expectation that runs inside DuckDB on the build file, opened read-only.
Suites (see `suites`) may refer to more than the mart:

- `marts.<mart>` and every other schema of the build;
- `bronze_<source>__<table>`: all rows of a layout's bronze, `latest_<source>__<table>`: the
  newest version of each key, both without any of dbt's logic, for reconciliation;
- `bronze_loads`: the manifest's loads; `rules_<table>`: the company's rules as tables.

Belongs here: what the checks need around them, and the rows behind a failure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from data_quality import suites as suite_files
from data_quality.checks import CheckResult, FailedRow, Run, Verdict
from data_quality.engine import QUERY, ROWS, Expected, Judge, Outcome
from data_quality.sources import define_sources
from data_quality.suites import SUITES_DIR, Check, Suite, load_suites, mart_checks
from orchestration.lib.engine import name as quoted
from orchestration.lib.engine import text
from orchestration.lib.publish import READABLE_TYPES
from orchestration.lib.settings import Settings

__all__ = ["ALL_COLUMNS", "checks_as_sql", "judge_marts", "mart_checks", "withheld_columns"]

MAX_FAILED_ROWS = 1000
DAYS_AHEAD = 2
FEW_ROWS = 10
EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}"
ALL_COLUMNS = "*"
BUILD, LAST_GOOD = "build", "last_good"


class NoBuildError(FileNotFoundError):
    """There is no warehouse to judge; the message says where it was expected."""


def judge_marts(
    settings: Settings,
    run: Run,
    withheld: Mapping[str, Collection[str]],
    marts: Collection[str] | None = None,
    database: Path | None = None,
    folder: Path = SUITES_DIR,
) -> Verdict:
    """Run the suites of `marts` (default: all) on `database` (default: the build file).

    `withheld` names the columns by mart that publishing leaves out (`ALL_COLUMNS` for a
    restricted table); see `withheld_columns`.
    """
    chosen = [s for s in load_suites(folder).values() if marts is None or s.mart in marts]
    verdict = Verdict()
    staged = _staged(settings, database or settings.build_path, chosen)
    with staged as connection, Judge(connection) as judge:
        for suite in chosen:
            subject = _Subject(connection, suite, run, withheld.get(suite.mart, ()))
            _judge_mart(judge, subject, verdict)
    return verdict


@dataclass(frozen=True)
class ChecksAsSql:
    """The checks of every mart with their SQL written out, to run them without the gate.

    `opened()` gives a connection on which that SQL runs. For benchmarks and for debugging.
    """

    by_mart: dict[str, list[Check]]
    opened: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]


def checks_as_sql(settings: Settings, run: Run, database: Path) -> ChecksAsSql:
    """Write out the checks that `judge_marts` runs on `database`."""
    suites = list(load_suites().values())

    def opened() -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return _staged(settings, database, suites)

    with opened() as connection:
        subjects = [_Subject(connection, suite, run, ()) for suite in suites]
        return ChecksAsSql({s.suite.mart: s.checks() for s in subjects if s.columns}, opened)


def withheld_columns(manifest: Mapping[str, Any]) -> dict[str, set[str]]:
    """Columns that publishing leaves out, by mart, from a dbt manifest."""
    from orchestration.lib.publish import marts_of

    return {
        mart.name: {ALL_COLUMNS} if mart.is_restricted else set(mart.withheld)
        for mart in marts_of(dict(manifest))
    }


class _Subject:
    """A mart under judgement: its suite, its columns and how its checks read as SQL."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        suite: Suite,
        run: Run,
        withheld: Collection[str],
    ) -> None:
        self.connection, self.suite, self.run, self.withheld = connection, suite, run, withheld
        self.table = f"marts.{quoted(suite.mart)}"
        self.columns = _columns(connection, BUILD, suite.mart)
        self.has_last = bool(_columns(connection, LAST_GOOD, suite.mart))

    def checks(self) -> list[Check]:
        """The suite's checks, those of every mart with the SQL for this one's columns."""
        written = {
            suite_files.TYPES_READABLE: lambda _: {"query": self._unreadable_types()},
            suite_files.PERSONAL_DATA: lambda _: {"passes": self._no_email()},
            suite_files.NO_FUTURE: lambda _: {"passes": self._not_in_future()},
            suite_files.NOT_SHRUNK: self._kept_rows,
            suite_files.NOT_COLLAPSED: self._kept_rows,
        }
        general = [
            check.model_copy(update={"kwargs": written[check.name](check)})
            for check in self.suite.general_checks
        ]
        return [*general, *self.suite.checks]

    def _unreadable_types(self) -> str:
        kinds = ", ".join(text(kind) for kind in READABLE_TYPES)
        return (
            "select column_name, data_type from temp.mart_columns "
            f"where place = '{BUILD}' and table_name = {text(self.suite.mart)} "
            f"and (split_part(data_type, '(', 1) not in ({kinds}) or data_type like '%]')"
        )

    def _no_email(self) -> str:
        if ALL_COLUMNS in self.withheld:
            return "true"
        public = [
            quoted(name)
            for name, kind in self.columns.items()
            if kind == "VARCHAR" and name not in self.withheld
        ]
        # As a case, or the engine would match the pattern against every text of every row.
        free = [
            f"case when contains({n}, '@') then not regexp_matches({n}, {text(EMAIL)}) "
            "else true end"
            for n in public
        ]
        return " and ".join(free) or "true"

    def _not_in_future(self) -> str:
        last = self.run.run_at + timedelta(days=DAYS_AHEAD)
        limits = {
            "DATE": f"date '{last:%Y-%m-%d}'",
            "TIMESTAMP": f"timestamp '{last:%Y-%m-%d %H:%M:%S}'",
            "INTEGER": f"{last:%Y%m%d}",
        }
        dated = [
            (quoted(name), limits[kind])
            for name, kind in self.columns.items()
            if kind in limits
            and (kind != "INTEGER" or name.endswith("date_key"))
            and name not in self.suite.future_columns
        ]
        return " and ".join(f"coalesce({n} <= {limit}, true)" for n, limit in dated) or "true"

    def _kept_rows(self, check: Check) -> dict[str, str]:
        if not self.has_last:
            return {"query": "select 1 as never where false"}
        now = f"select count(*) as row_count from {self.table}"
        last = f"select count(*) as last_row_count from {LAST_GOOD}.{self.table}"
        return {
            "query": f"select row_count, last_row_count from ({now}) as a cross join ({last}) as b "
            f"where row_count < last_row_count * {check.kwargs['share']} "
            f"and row_count < last_row_count - {FEW_ROWS}"
        }


def _judge_mart(judge: Judge, subject: _Subject, verdict: Verdict) -> None:
    if not subject.columns:
        missing = f"the build has no marts.{subject.suite.mart}"
        outcomes = [
            Outcome(d.name, False, 0, 1, missing, missing) for d in subject.suite.definitions
        ]
        checks = [*subject.suite.general_checks, *subject.suite.checks]
    else:
        checks = subject.checks()
        expected = [Expected(c.name, c.expectation_type, c.kwargs, c.severity) for c in checks]
        outcomes = judge.run(f"select * from {subject.table}", expected)
    for check, outcome in zip(checks, outcomes, strict=True):
        rows = [] if outcome.success or outcome.error else _failing(subject, check, outcome)
        verdict.failed_rows += [_failed_row(subject, check, row) for row in rows]
        verdict.results.append(_result(subject, check, outcome, rows))


def _failing(subject: _Subject, check: Check, outcome: Outcome) -> list[str]:
    """The rows behind a failure as JSON: key columns, or what the check's query returns."""
    if check.expectation_type == ROWS:
        keys = ", ".join(quoted(name) for name in subject.suite.key)
        query = (
            f"select {keys} from {subject.table} "
            f"where not coalesce(({check.kwargs['passes']}), false)"
        )
    elif check.expectation_type == QUERY:
        query = str(check.kwargs["query"])
    else:
        return list(outcome.sample)
    rows = subject.connection.execute(
        f"select to_json(failing)::varchar from (\n{query}\n) as failing limit {MAX_FAILED_ROWS}"
    ).fetchall()
    # A row that fails for an e-mail address must not carry it into results that are published.
    return [re.sub(EMAIL, "(e-mail)", str(row[0])) for row in rows]


def _failed_row(subject: _Subject, check: Check, row: str) -> FailedRow:
    run, asset = subject.run, subject.suite.asset
    return FailedRow(run.run_id, run.run_at, asset, check.name, check.severity, row)


def _result(subject: _Subject, check: Check, outcome: Outcome, rows: list[str]) -> CheckResult:
    observed = outcome.observed_value
    if rows:
        observed += f", for example {rows[0]}"
    return CheckResult(
        run_id=subject.run.run_id,
        run_at=subject.run.run_at,
        gate="marts",
        asset=subject.suite.asset,
        check_name=check.name,
        expectation_type=check.expectation_type,
        severity=check.severity,
        success=outcome.success,
        rows_evaluated=outcome.rows_evaluated,
        rows_failed=outcome.rows_failed,
        observed_value=observed,
        description=check.description,
    )


@contextmanager
def _staged(
    settings: Settings, database: Path, suites: Sequence[Suite]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, read-only, with what the suites' SQL refers to."""
    with _opened(settings, database) as connection:
        define_sources(connection, settings, [_sql_of(suite) for suite in suites])
        _attach_last_good(connection, settings, database)
        _note_columns(connection)
        yield connection


@contextmanager
def _opened(settings: Settings, database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    if not database.exists():
        raise NoBuildError(f"There is no warehouse at {database}; build the models first.")
    connection = duckdb.connect(str(database), read_only=True)
    try:
        connection.execute(f"set threads = {max(1, settings.threads)}")
        if settings.memory_limit:
            connection.execute("set memory_limit = ?", [settings.memory_limit])
        yield connection
    finally:
        connection.close()


def _attach_last_good(
    connection: duckdb.DuckDBPyConnection, settings: Settings, database: Path
) -> None:
    """Attach the warehouse that was published last, if it is another file and there is one."""
    last = settings.warehouse_path
    if last.exists() and last != database:
        connection.execute(f"attach {text(last)} as {LAST_GOOD} (read_only)")


def _note_columns(connection: duckdb.DuckDBPyConnection) -> None:
    """Columns of all marts, now and in the last version, as a temporary table: asked for once."""
    connection.execute(
        "create temp table mart_columns as "
        f"select case when database_name = '{LAST_GOOD}' then '{LAST_GOOD}' else '{BUILD}' end "
        "as place, table_name, column_name, data_type, column_index "
        "from duckdb_columns() where schema_name = 'marts' "
        f"and database_name in (current_database(), '{LAST_GOOD}')"
    )


def _columns(connection: duckdb.DuckDBPyConnection, place: str, mart: str) -> dict[str, str]:
    found = connection.execute(
        "select column_name, data_type from temp.mart_columns "
        "where place = ? and table_name = ? order by column_index",
        [place, mart],
    ).fetchall()
    return dict(found)


def _sql_of(suite: Suite) -> str:
    parts = [str(value) for check in suite.checks for value in check.kwargs.values()]
    return re.sub(r"\s+", " ", " ".join(parts))

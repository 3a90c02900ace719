"""Great Expectations over DuckDB: the one place that knows how.

Great Expectations has no DuckDB source, so its SQL source runs over the duckdb-sqlalchemy
dialect, on the caller's own connection: nothing is copied, everything runs in the engine.
Belongs here: context, connection, running a list of expectations, reading its results.
Doesn't belong here: which checks there are (see `arrival`, `suites`, `marts`).

Great Expectations takes seconds to import; nothing here imports it before a gate runs.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from data_quality.checks import Severity

ROWS = "ExpectRowsToPass"
QUERY = "ExpectQueryToReturnNoRows"
_QUERIES = ("expect_query_to_return_no_rows", "unexpected_rows_expectation")
_numbers = itertools.count()


class ExpectationError(ValueError):
    """An expectation that cannot be built; the message names it and what is wrong."""


@dataclass(frozen=True)
class Expected:
    """An expectation to run: a class of Great Expectations, or one of our own, by name."""

    name: str
    type: str
    kwargs: Mapping[str, Any]
    severity: Severity


@dataclass(frozen=True)
class Outcome:
    """What came of an expectation. `rows_failed` is 1 where the table as a whole failed."""

    name: str
    success: bool
    rows_evaluated: int
    rows_failed: int
    observed_value: str
    error: str | None = None
    sample: tuple[str, ...] = ()


class Judge:
    """Runs expectations on tables of one open DuckDB connection, which stays open and as it was.

    Use as a context manager:

        with Judge(connection) as judge:
            outcomes = judge.run("select * from marts.fct_journey", expectations)
    """

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection
        self._source: Any = None
        self._name = f"duckdb_{next(_numbers)}"

    def __enter__(self) -> Judge:
        from sqlalchemy.pool import StaticPool

        borrowed = _borrowed(self._connection)
        # AUTOCOMMIT without roll-backs: otherwise every metric fails with "list index out of
        # range"; the static pool keeps to the one connection, which sees its temporary tables.
        self._source = _context().data_sources.add_sql(
            name=self._name,
            connection_string="duckdb:///:memory:",
            create_temp_table=False,
            kwargs={
                "isolation_level": "AUTOCOMMIT",
                "skip_autocommit_rollback": True,
                "pool_reset_on_return": None,
                "poolclass": StaticPool,
                "creator": lambda: borrowed,
            },
        )
        return self

    def __exit__(self, *_: object) -> None:
        _context().data_sources.delete(self._name)
        self._source = None

    def run(self, query: str, expectations: Sequence[Expected]) -> list[Outcome]:
        """Run `expectations` on the rows of `query` (`select …`), in order of the list.

        An expectation that cannot run (unknown column, wrong SQL) is a failure with its error;
        it does not take the others with it.
        """
        if not expectations:
            return []
        asset = self._source.add_query_asset(name=f"asset_{next(_numbers)}", query=query)
        batch = asset.get_batch(asset.build_batch_request())
        outcomes = _validate(batch, expectations)
        if len(expectations) > 1 and any(o.error for o in outcomes):
            outcomes = [_validate(batch, [expectation])[0] for expectation in expectations]
        return outcomes


def _validate(batch: Any, expectations: Sequence[Expected]) -> list[Outcome]:
    import great_expectations as gx

    suite = gx.ExpectationSuite(
        name=f"suite_{next(_numbers)}", expectations=[_build(e) for e in expectations]
    )
    validated = batch.validate(suite, result_format="BASIC")
    by_name = {r.expectation_config.meta["check"]: r for r in validated.results}
    return [_outcome(e.name, by_name[e.name]) for e in expectations]


def _build(expected: Expected) -> Any:
    from great_expectations import expectations as gallery

    from data_quality import expectations as own

    cls = getattr(own, expected.type, None) or getattr(gallery, expected.type, None)
    if cls is None:
        raise ExpectationError(
            f"The check {expected.name!r} names the expectation {expected.type!r}, which neither "
            "Great Expectations nor data_quality/expectations.py has."
        )
    try:
        return cls(**expected.kwargs, severity=expected.severity, meta={"check": expected.name})
    except (TypeError, ValueError) as error:
        raise ExpectationError(f"The check {expected.name!r} cannot be built: {error}") from error


def _outcome(name: str, result: Any) -> Outcome:
    """Read a result of Great Expectations (not by its to_json_dict, which is slow)."""
    error = _error(result.exception_info)
    if error:
        return Outcome(name, False, 0, 1, f"could not run: {error}", error)
    details = result.result or {}
    success = bool(result.success)
    rows = int(details.get("element_count") or 0)
    failed = details.get("unexpected_count")
    kind = result.expectation_config.type
    if kind == _QUERIES[1]:
        failed = details.get("observed_value")
    if failed is None:
        return Outcome(name, success, rows, 0 if success else 1, str(details.get("observed_value")))
    observed = f"{failed} rows found" if kind in _QUERIES else f"{failed} of {rows} rows failed"
    observed = observed if failed else "no row failed"
    return Outcome(name, success, rows, int(failed), observed, sample=_sample(result))


def _sample(result: Any) -> tuple[str, ...]:
    """Some of the values that failed an expectation of Great Expectations' own, as JSON."""
    kwargs = result.expectation_config.kwargs
    column = kwargs.get("column") or kwargs.get("column_list") or "value"
    values = result.result.get("partial_unexpected_list") or []
    return tuple(json.dumps({str(column): value}, default=str) for value in values)


def _error(info: Any) -> str | None:
    """First line of the error in a result's exception info, which has two shapes."""
    if not isinstance(info, dict):
        return None
    parts = [info] if "raised_exception" in info else list(info.values())
    for part in parts:
        if isinstance(part, dict) and part.get("raised_exception"):
            text = str(part.get("exception_message") or "unknown error")
            engine_error = re.search(r"\(\w*duckdb\.\w+\) (.+)|duckdb\.\w+: (.+)", text)
            found = next((g for g in engine_error.groups() if g), text) if engine_error else text
            return found.strip().splitlines()[0][:500]
    return None


def _borrowed(connection: DuckDBPyConnection) -> Any:
    """The connection as the dialect wants it, but closing it is left to its owner."""
    from duckdb_sqlalchemy import ConnectionWrapper

    class Borrowed(ConnectionWrapper):  # type: ignore[misc, valid-type]
        def close(self) -> None:
            """Stay open: the caller owns the connection."""

    return Borrowed(connection)


@lru_cache(maxsize=1)
def _context() -> Any:
    """The process's ephemeral context: nothing on disk, nothing sent, no progress bars."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # It would write its own configuration as YAML to memory at each step: half of a gate's time.
    context._save_project_config = lambda: None  # type: ignore[method-assign]
    return context

"""Great Expectations of our own, for what its gallery lacks on DuckDB.

Importing this module imports Great Expectations (seconds): only `engine` does, when a
gate runs. `rows` counts are aggregates, so Great Expectations computes all of them for a
table in one statement, together with its own column metrics.
"""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_partial, metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

ROW_COUNT = "table.row_count"


class RowsFailing(TableMetricProvider):
    """Metric: how many rows do not satisfy a SQL condition; unknown (null) does not satisfy."""

    metric_name = "table.rows_failing"
    value_keys = ("passes",)

    @metric_partial(
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(  # the decorator makes it a class method
        cls: Any,
        execution_engine: Any,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        passes = metric_value_kwargs["passes"]
        # Not count_if: that is null, not zero, on an empty table.
        failing: Any = sa.literal_column(f"count(*) filter (where not coalesce(({passes}), false))")
        return failing, metric_domain_kwargs, {}


class QueryRows(TableMetricProvider):
    """Metric: how many rows a query over the whole database returns."""

    metric_name = "table.query_rows"
    value_keys = ("query",)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(  # the decorator makes it a class method
        cls: Any,
        execution_engine: Any,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> int:
        # `:` is escaped, or SQLAlchemy would take `:name` for a bind parameter.
        query = metric_value_kwargs["query"].replace(":", r"\:")
        counted = sa.text(f"select count(*) from (\n{query}\n) as failing_rows")
        return int(execution_engine.execute_query(counted).scalar() or 0)


class _SqlExpectation(BatchExpectation):
    """Base of ours: asks for its metrics directly.

    Great Expectations' own way to the same metrics copies the configuration dozens of times per
    expectation, which is most of a gate's time on small batches.
    """

    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)

    def get_validation_dependencies(
        self,
        execution_engine: Any = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> ValidationDependencies:
        """The metrics of `metric_dependencies`, with this expectation's own values."""
        domain = {"batch_id": self.batch_id}
        values = {key: getattr(self, key) for key in self.success_keys}
        metrics = {
            name: MetricConfiguration(
                metric_name=name,
                metric_domain_kwargs=domain,
                metric_value_kwargs={} if name == ROW_COUNT else values,
            )
            for name in self.metric_dependencies
        }
        return ValidationDependencies(metrics, {"result_format": "BASIC"})


class ExpectRowsToPass(_SqlExpectation):
    """Expect every row to satisfy a SQL condition over its columns.

    Fails when more than `max_failed_pct` percent of the rows do not (default: any row).
    """

    passes: str
    max_failed_pct: float = 0

    metric_dependencies: ClassVar[tuple[str, ...]] = (RowsFailing.metric_name, ROW_COUNT)
    success_keys: ClassVar[tuple[str, ...]] = ("passes",)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        failed, rows = int(metrics[RowsFailing.metric_name]), int(metrics[ROW_COUNT])
        return {
            "success": failed * 100 <= self.max_failed_pct * rows,
            "result": {"element_count": rows, "unexpected_count": failed},
        }


class ExpectQueryToReturnNoRows(_SqlExpectation):
    """Expect a SQL query to return no row: each row that it returns is a failure.

    Unlike UnexpectedRowsExpectation it runs the query once, not twice.
    """

    query: str
    max_failed_rows: int = 0

    metric_dependencies: ClassVar[tuple[str, ...]] = (QueryRows.metric_name, ROW_COUNT)
    success_keys: ClassVar[tuple[str, ...]] = ("query",)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        failed, rows = int(metrics[QueryRows.metric_name]), int(metrics[ROW_COUNT])
        return {
            "success": failed <= self.max_failed_rows,
            "result": {"element_count": rows, "unexpected_count": failed},
        }

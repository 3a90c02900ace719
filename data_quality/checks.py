"""What a check is, before it runs and after: plain data, without Great Expectations.

Belongs here: the shapes that the gates hand to their callers (Dagster, dbt, the report).
Doesn't belong here: how a check runs (see `engine`) or where results lie (see `results`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Gate = Literal["arrival", "marts"]
Severity = Literal["critical", "warning"]

NAME = re.compile(r"^[A-Za-z0-9_]+$")


@dataclass(frozen=True)
class CheckDefinition:
    """A check as it is known before any data is read.

    `asset` is `source/table` or `marts/<mart>`. `severity` is the worst that the check can
    yield: a critical one stops what comes after it, a warning never does.
    """

    gate: Gate
    asset: str
    name: str
    severity: Severity
    description: str
    expectation_type: str

    def __post_init__(self) -> None:
        if not NAME.match(self.name):
            raise ValueError(
                f"The check {self.name!r} on {self.asset} has a name that asset checks do not "
                "allow; use letters, digits and underscores."
            )

    @property
    def is_blocking(self) -> bool:
        """Whether a failure of this check may stop what comes after it."""
        return self.severity == "critical"


@dataclass(frozen=True)
class Run:
    """The run that checks belong to; `run_at` is UTC without a zone, as all timestamps are."""

    run_id: str
    run_at: datetime

    @classmethod
    def now(cls, run_id: str) -> Run:
        """A run that starts at this moment."""
        return cls(run_id, datetime.now(UTC).replace(tzinfo=None, microsecond=0))


@dataclass(frozen=True)
class CheckResult:
    """One check of one run. `rows_failed` counts rows, or 1 where the batch as a whole failed."""

    run_id: str
    run_at: datetime
    gate: Gate
    asset: str
    check_name: str
    expectation_type: str
    severity: Severity
    success: bool
    rows_evaluated: int
    rows_failed: int
    observed_value: str
    description: str

    @property
    def is_critical_failure(self) -> bool:
        """Whether this result stops what comes after it."""
        return not self.success and self.severity == "critical"


@dataclass(frozen=True)
class FailedRow:
    """A row that failed a check on a mart: the values of its key columns as JSON."""

    run_id: str
    run_at: datetime
    asset: str
    check_name: str
    severity: Severity
    row_key: str


@dataclass
class Verdict:
    """What a gate says about one run: every result and the rows behind the failures."""

    results: list[CheckResult] = field(default_factory=list)
    failed_rows: list[FailedRow] = field(default_factory=list)

    @property
    def critical_failures(self) -> list[CheckResult]:
        """The results that stop what comes after."""
        return [result for result in self.results if result.is_critical_failure]

    @property
    def may_publish(self) -> bool:
        """Whether nothing critical failed. A verdict without results says nothing: False."""
        return bool(self.results) and not self.critical_failures


def asset_check_specs(definitions: Iterable[CheckDefinition]) -> list[dict[str, Any]]:
    """Plain keyword arguments for an asset check each, for an orchestrator to use.

    Keys: name, asset (path parts), description, blocking, metadata.
    """
    return [
        {
            "name": definition.name,
            "asset": definition.asset.split("/"),
            "description": definition.description,
            "blocking": definition.is_blocking,
            "metadata": {
                "severity": definition.severity,
                "expectation": definition.expectation_type,
                "gate": definition.gate,
            },
        }
        for definition in definitions
    ]

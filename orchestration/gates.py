"""What the quality gates say, in Dagster's words."""

from __future__ import annotations

import dagster as dg

from data_quality.checks import CheckResult


def asset_check_result(result: CheckResult) -> dg.AssetCheckResult:
    """A result of a gate as the result of an asset check; critical ones are errors."""
    is_critical = result.severity == "critical"
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(result.asset.split("/")),
        check_name=result.check_name,
        passed=result.success,
        severity=dg.AssetCheckSeverity.ERROR if is_critical else dg.AssetCheckSeverity.WARN,
        metadata={
            "observed": result.observed_value,
            "rows_evaluated": result.rows_evaluated,
            "rows_failed": result.rows_failed,
        },
    )

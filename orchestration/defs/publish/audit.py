"""Gate 2: Great Expectations on the marts of the build, one asset check per expectation."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from data_quality.checks import Run, asset_check_specs
from data_quality.marts import judge_marts, mart_checks, withheld_columns
from data_quality.results import write_failed_rows, write_results
from orchestration import project


@dg.definitions
def audit() -> dg.Definitions:
    """All checks on marts, judged in one pass over the build file."""
    specs = [dg.AssetCheckSpec(**check) for check in asset_check_specs(mart_checks())]

    @dg.multi_asset_check(
        name="audit", specs=specs, can_subset=True, pool=project.WAREHOUSE_POOL
    )
    def audit_marts(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        settings = project.settings()
        withheld = withheld_columns(project.dbt_manifest())
        verdict = judge_marts(settings, Run.now(context.run_id), withheld)
        write_results(settings, verdict.results)
        write_failed_rows(settings, verdict.failed_rows)
        failed = [result for result in verdict.results if not result.success]
        context.log.info(f"audit: {len(verdict.results)} checks, {len(failed)} failed")
        for result in verdict.results:
            key = dg.AssetCheckKey(dg.AssetKey(result.asset.split("/")), result.check_name)
            if key in context.selected_asset_check_keys:
                is_critical = result.severity == "critical"
                yield dg.AssetCheckResult(
                    asset_key=key.asset_key,
                    check_name=key.name,
                    passed=result.success,
                    severity=(
                        dg.AssetCheckSeverity.ERROR if is_critical else dg.AssetCheckSeverity.WARN
                    ),
                    metadata={
                        "observed": result.observed_value,
                        "rows_evaluated": result.rows_evaluated,
                        "rows_failed": result.rows_failed,
                    },
                )

    return dg.Definitions(asset_checks=[audit_marts])

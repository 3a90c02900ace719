"""Gate 2: Great Expectations on the marts of the build, one asset check per expectation.

The checks stand at the marts that they judge. A critical one that fails makes the audit fail,
on which the published file depends: so the whole build is judged before any of it is published,
and no mart has to wait for the checks of another.
"""

from collections.abc import Iterator

import dagster as dg

from data_quality.checks import Run, asset_check_specs
from data_quality.data_docs import write_report
from data_quality.marts import judge_marts, mart_checks, withheld_columns
from data_quality.results import write_failed_rows, write_results
from orchestration import project
from orchestration.gates import asset_check_result
from orchestration.lib.publish import marts_of

AUDIT_KEY = dg.AssetKey(["quality", "audit"])


@dg.definitions
def audit() -> dg.Definitions:
    """Asset [quality, audit], which judges all marts in one pass over the build file."""
    checks = [{**check, "blocking": False} for check in asset_check_specs(mart_checks())]
    marts = [dg.AssetKey(["marts", mart.name]) for mart in marts_of(project.dbt_manifest())]

    @dg.multi_asset(
        name="audit",
        specs=[
            dg.AssetSpec(
                AUDIT_KEY,
                deps=marts,
                group_name="warehouse",
                owners=["team:data-engineering"],
                kinds={"greatexpectations"},
                description="Verdict on the marts: whether they may be published.",
            )
        ],
        check_specs=[dg.AssetCheckSpec(**check) for check in checks],
        allow_arbitrary_check_specs=True,
        pool=project.WAREHOUSE_POOL,
    )
    def audit_marts(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        settings = project.settings()
        withheld = withheld_columns(project.dbt_manifest())
        verdict = judge_marts(settings, Run.now(context.run_id), withheld)
        write_results(settings, verdict.results)
        write_failed_rows(settings, verdict.failed_rows)
        report = write_report(settings, context.run_id)
        failed = [result for result in verdict.results if not result.success]
        context.log.info(f"audit: {len(verdict.results)} checks, {len(failed)} failed")
        for result in verdict.results:
            yield asset_check_result(result)
        if not verdict.may_publish:
            names = ", ".join(f"{r.asset} {r.check_name}" for r in verdict.critical_failures)
            raise dg.Failure(
                f"Nothing is published: {names or 'no check ran'}. See {report}.",
                allow_retries=False,
            )
        yield dg.MaterializeResult(
            asset_key=AUDIT_KEY,
            metadata={
                "checks": len(verdict.results),
                "failed": len(failed),
                "report": dg.MetadataValue.path(report),
            },
        )

    return dg.Definitions(assets=[audit_marts])

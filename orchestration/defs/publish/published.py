"""The published file: only after the gate, swapped in whole."""

import dagster as dg

from data_quality.results import read_results
from orchestration import project
from orchestration.defs.publish.audit import AUDIT_KEY
from orchestration.lib.build import promote, read_state
from orchestration.lib.publish import PublishError, marts_of, publish


@dg.definitions
def published() -> dg.Definitions:
    """Asset [published, customer_full_stack], downstream of every mart."""
    manifest = project.dbt_manifest()

    @dg.asset(
        key=["published", "customer_full_stack"],
        deps=[AUDIT_KEY, *(dg.AssetKey(["marts", mart.name]) for mart in marts_of(manifest))],
        group_name="warehouse",
        owners=["team:data-engineering"],
        kinds={"duckdb", "parquet"},
        description=(
            "The marts as one DuckDB file, as Parquet and, where CFS_POSTGRES_URL names one, in "
            "PostgreSQL, for analysts and BI tools."
        ),
        freshness_policy=project.FRESH_DAILY,
        pool=project.WAREHOUSE_POOL,
    )
    def customer_full_stack(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        settings = project.settings()
        run_id = str(read_state(settings.build_path).get("run_id"))
        results = [r for r in read_results(settings) if r.run_id == run_id and r.gate == "marts"]
        failed = [r for r in results if r.is_critical_failure]
        if not results or failed:
            names = ", ".join(f"{r.asset} {r.check_name}" for r in failed) or "the gate did not run"
            raise PublishError(f"Nothing was published: {names}. Run the whole job `everything`.")
        version = publish(settings, manifest, run_id, context.log.info)
        promote(settings, version.version)
        rows = sum(version.rows.values())
        context.log.info(f"published: {len(version.rows)} tables, {rows:,} rows")
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(settings.published_path),
                "version": version.version,
                "tables": len(version.rows),
                "rows": rows,
                "rows_by_table": dg.MetadataValue.json(version.rows),
            }
        )

    return dg.Definitions(assets=[customer_full_stack])

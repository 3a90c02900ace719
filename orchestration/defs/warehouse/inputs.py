"""What every model reads beside the feeds: the company's rules and the manifest of loads."""

import dagster as dg

from orchestration import project
from orchestration.lib.bronze import export_manifest
from orchestration.lib.dbt_sources import write_empty_bronze
from orchestration.lib.rules_tables import write_rules


@dg.definitions
def inputs() -> dg.Definitions:
    """Assets [company, rules] and [bronze, manifest]."""

    @dg.asset(
        key=["company", "rules"],
        group_name="warehouse",
        owners=["team:data-engineering"],
        kinds={"yaml", "parquet"},
        description="Company rules as tables: markets, calendars, channels, stages, commitments.",
    )
    def rules(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        changed = write_rules(project.settings(), project.company())
        context.log.info(f"company/rules: {len(changed)} tables changed")
        return dg.MaterializeResult(
            metadata={"tables_changed": ", ".join(path.stem for path in changed) or "none"}
        )

    @dg.asset(
        key=["bronze", "manifest"],
        deps=[[feed.source, feed.table] for feed in project.company().feeds],
        group_name="warehouse",
        owners=["team:data-engineering"],
        kinds={"sqlite", "parquet"},
        description="Which files arrived, what was loaded of them and which days they touched.",
    )
    def manifest(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        settings = project.settings()
        write_empty_bronze(settings)
        changed = export_manifest(settings)
        context.log.info(f"bronze/manifest: {'exported' if changed else 'nothing new'}")
        return dg.MaterializeResult(metadata={"changed": changed})

    return dg.Definitions(assets=[rules, manifest])

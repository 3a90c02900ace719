"""What every model reads beside the feeds: the company's rules."""

import dagster as dg

from orchestration import project
from orchestration.lib.rules_tables import write_rules


@dg.definitions
def inputs() -> dg.Definitions:
    """Asset [company, rules]."""

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
        tables = ", ".join(path.stem for path in changed)
        return dg.MaterializeResult(metadata={"tables_changed": tables or "none"})

    return dg.Definitions(assets=[rules])

"""The dbt models as assets: one build file, one writer, incremental models by day.

Days are partitions where they arrive, at the feeds. The models are whole: an incremental one
finds the days to rebuild in the manifest of loads, late ones and those of a backfill included.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliInvocation,
    DbtCliResource,
    DbtProject,
    asset_utils,
    dbt_assets,
)
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from data_quality.results import ensure_results
from orchestration import project
from orchestration.lib.bronze import export_manifest
from orchestration.lib.build import (
    is_up_to_date,
    prepare_build,
    row_counts,
)
from orchestration.lib.dbt_manifest import tests_of_later_steps
from orchestration.lib.dbt_sources import write_empty_bronze
from orchestration.lib.derived_tables import write_empty_derived
from orchestration.lib.layouts import load_layouts
from orchestration.project import FRESH_DAILY

RULES_KEY = dg.AssetKey(["company", "rules"])
MADE = ("model.", "seed.", "snapshot.")
SELECTION_LIMIT = "_SELECTION_ARGS_THRESHOLD"
"""dagster-dbt's own limit; beyond it, it copies the project's folder."""


class WarehouseTranslator(DagsterDbtTranslator):
    """Gives dbt's nodes their Dagster names, and its sources the feeds that fill them."""

    def __init__(self) -> None:
        super().__init__(
            settings=DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)
        )
        self.feeds_by_layout: dict[dg.AssetKey, list[dg.AssetKey]] = {
            dg.AssetKey(["layout", layout.source, layout.table]): []
            for layout in load_layouts().values()
        }
        for feed in project.company().feeds:
            layout = load_layouts()[feed.layout_name]
            key = dg.AssetKey(["layout", layout.source, layout.table])
            self.feeds_by_layout[key].append(dg.AssetKey([feed.source, feed.table]))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """[schema, model]; sources by what Dagster calls them."""
        if dbt_resource_props["resource_type"] != "source":
            return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])
        source, table = dbt_resource_props["source_name"], dbt_resource_props["name"]
        if source == "company":
            return RULES_KEY
        if f"{source}.{table}" in load_layouts():
            return dg.AssetKey(["layout", source, table])
        return dg.AssetKey([source, table])

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """The usual spec, with a layout's source replaced by the feeds that fill it.

        What would wait for nothing waits for the rules, so that Dagster runs all models that
        don't follow from a derived asset as one step.
        """
        spec = super().get_asset_spec(manifest, unique_id, project)
        keys: list[dg.AssetKey] = []
        for dep in spec.deps:
            keys += self.feeds_by_layout.get(dep.asset_key, [dep.asset_key])
        parents = manifest["parent_map"].get(unique_id, [])
        if not unique_id.startswith("source.") and not any(p.startswith(MADE) for p in parents):
            keys.append(RULES_KEY)
        spec = spec.replace_attributes(deps=[dg.AssetDep(key) for key in dict.fromkeys(keys)])
        if spec.key.path[0] == "marts":
            spec = spec.replace_attributes(freshness_policy=FRESH_DAILY)
        return spec

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """The usual metadata, plus how fresh the table is to be kept."""
        return {
            **super().get_metadata(dbt_resource_props),
            "layer": dbt_resource_props.get("schema"),
        }


@dg.definitions
def models() -> dg.Definitions:
    """All dbt models; Dagster runs those above and below a derived asset one after the other."""
    dbt_project = project.dbt_project()
    select_in_place()

    @dbt_assets(
        manifest=dbt_project.manifest_path,
        name="dbt",
        project=dbt_project,
        exclude="resource_type:unit_test",
        dagster_dbt_translator=WarehouseTranslator(),
        pool=project.WAREHOUSE_POOL,
    )
    def warehouse_models(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        settings = project.settings()
        write_empty_bronze(settings)
        export_manifest(settings)
        window = _window(context)
        if not window and is_up_to_date(settings):
            context.log.info("dbt: nothing new since the last published build")
            return
        prepare_build(settings, context.run_id, context.log)
        ensure_results(settings)
        write_empty_derived(settings.station("derived"))
        arguments = ["build", "--exclude-resource-type", "unit_test", *window]
        later = tests_of_later_steps(project.dbt_manifest(), _selected_models(context))
        if later:
            arguments += ["--exclude", " ".join(later)]
        yield from _with_row_counts(context, dbt.cli(arguments, context=context))

    return dg.Definitions(
        assets=[warehouse_models],
        resources={
            "dbt": DbtCliResource(
                project_dir=dbt_project,
                dbt_executable=str(Path(sys.executable).with_name("dbt")),
                # Every detail as JSON in a file would be a third of dbt's own seconds.
                global_config_flags=["--no-version-check", "--log-level-file", "info"],
            )
        },
    )


def select_in_place() -> None:
    """Have dbt run in the project's own folder, however many models a step has.

    Beyond 200 models dagster-dbt writes its selection into a copy of the whole folder, environment
    and data included: gigabytes and a minute in each run. Names of a thousand models are well
    within what a command line takes. Raises AttributeError if a release knows the limit no more.
    """
    getattr(asset_utils, SELECTION_LIMIT)
    setattr(asset_utils, SELECTION_LIMIT, 1_000)


def _with_row_counts(
    context: dg.AssetExecutionContext, invocation: DbtCliInvocation
) -> Iterator[Any]:
    """The events of a dbt run, with the rows of each table, which can be counted at its end.

    Progress goes to the log meanwhile. What was built before a failure is told before it.
    """
    names = {n["unique_id"]: (n["schema"], n["name"]) for n in project.dbt_nodes()}
    events: list[tuple[str | None, Any]] = []
    failure, built = None, 0
    try:
        for event in invocation.stream():
            model = _model_of(event)
            events.append((model, event))
            if model in names:
                built += 1
                seconds = event.metadata["Execution Duration"].value
                name = ".".join(names[model])
                context.log.info(f"model {built}: {name}  {seconds:.2f} s")
    except DagsterDbtCliRuntimeError as error:
        failure = error
    rows = row_counts(project.settings().build_path)
    for model, event in events:
        count = rows.get(names[model]) if model in names else None
        if count is not None:
            event = event.with_metadata({**event.metadata, "dagster/row_count": count})
        yield event
    if failure is not None:
        raise failure


def _model_of(event: Any) -> str | None:
    """Unique id of the model that an event says was built."""
    if not isinstance(event, dg.Output | dg.AssetMaterialization):
        return None
    unique_id = event.metadata.get("unique_id")
    return unique_id.value if isinstance(unique_id, dg.TextMetadataValue) else None


def _selected_models(context: dg.AssetExecutionContext) -> set[str]:
    """Unique ids of the models that this step builds."""
    keys = {tuple(key.path) for key in context.selected_asset_keys}
    return {n["unique_id"] for n in project.dbt_nodes() if (n["schema"], n["name"]) in keys}


def _window(context: dg.AssetExecutionContext) -> list[str]:
    """Days that a backfill asked for, which the incremental models rebuild."""
    if not context.has_partition_key and not context.has_partition_key_range:
        return []
    keys = context.partition_key_range
    return ["--vars", f"{{rebuild_from: '{keys.start}', rebuild_to: '{keys.end}'}}"]

"""A feed as a Dagster component: one asset per source table, with the checks of gate 1.

`dg scaffold defs orchestration.components.feed.FileFeed companies/<company>/feeds/<name>`
makes a new one; `dg check yaml` and `dg check defs` validate it (the former looks at one document
of each type only, the latter at all). The work itself is `orchestration.lib.ingest`.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Self

import dagster as dg
from duckdb import DuckDBPyConnection
from pydantic import BaseModel

from data_quality.arrival import BatchFacts, arrival_checks, judge_arrival, merge_batches
from data_quality.checks import CheckResult, Run, asset_check_specs
from data_quality.results import write_results
from data_quality.volume import usual_rows
from orchestration import project
from orchestration.gates import asset_check_result
from orchestration.lib.feeds import Feed
from orchestration.lib.ingest import ingest_feed
from orchestration.lib.layouts import Layout, load_layouts
from orchestration.lib.periods import period_dates
from orchestration.lib.reports import IngestReport

FeedEvent = dg.AssetMaterialization | dg.MaterializeResult | dg.AssetCheckResult


class FileFeed(dg.Component):
    """Files that a sender delivers for one table, loaded into bronze day by day."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        """Attributes of the YAML document: those of a feed."""
        return Feed

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> Self:
        """Make the component of validated attributes."""
        if not isinstance(attributes, Feed):
            raise dg.DagsterInvalidDefinitionError(f"{context.path}: a feed needs attributes.")
        return cls(attributes)

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The feed's asset, if the feed belongs to the company of this process."""
        folder = project.company().folder
        if folder is None or folder not in context.path.parents:
            return dg.Definitions()
        return dg.Definitions(assets=[feed_asset(self.feed)])


def feed_asset(feed: Feed) -> dg.AssetsDefinition:
    """Asset [source, table] of a feed, partitioned by day, with its checks."""
    layout = load_layouts()[feed.layout_name]
    key = dg.AssetKey([feed.source, feed.table])
    checks = asset_check_specs(arrival_checks(feed, layout))

    @dg.multi_asset(
        name=f"{feed.source}__{feed.table}",
        specs=[_spec(feed, layout, key)],
        check_specs=[dg.AssetCheckSpec(**{**check, "asset": key}) for check in checks],
        partitions_def=project.daily_partitions(),
        backfill_policy=dg.BackfillPolicy.single_run(),
        retry_policy=project.RETRY,
        can_subset=True,
    )
    def load_feed(context: dg.AssetExecutionContext) -> Iterator[FeedEvent]:
        run = Run.now(context.run_id)
        results: list[CheckResult] = []

        settings = project.settings()

        def judge(connection: DuckDBPyConnection, report: IngestReport) -> list[str]:
            facts = _facts(feed, report, settings.manifest_path)
            verdict = judge_arrival(connection, feed, layout, facts, run)
            results.extend(verdict)
            return [r.check_name for r in verdict if r.is_critical_failure]

        report = ingest_feed(
            settings,
            project.company(),
            feed,
            layout,
            _window(context),
            lambda connection, _feed, _layout, so_far: judge(connection, so_far),
        )
        merged = merge_batches(results)
        write_results(settings, merged)
        context.log.info(_line(feed, report))
        if not context.has_partition_key and not context.has_partition_key_range:
            yield from _partitions_loaded(key, report)
        yield dg.MaterializeResult(asset_key=key, metadata=_metadata(report))
        for result in merged:
            yield asset_check_result(result)

    return load_feed


def _spec(feed: Feed, layout: Layout, key: dg.AssetKey) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        description=feed.description or layout.description,
        group_name=layout.family,
        owners=[feed.owner or f"team:{layout.family}"],
        kinds={feed.format.type, "parquet"},
        freshness_policy=project.FRESH_DAILY,
        skippable=True,
        metadata={
            "grain": layout.grain,
            "layout": layout.name,
            "files": feed.files,
            "columns": dg.TableSchema(
                columns=[
                    dg.TableColumn(name, column.type, description=column.description)
                    for name, column in layout.columns.items()
                ]
            ),
        },
    )


def _window(context: dg.AssetExecutionContext) -> tuple[date, date] | None:
    """Days that the run is about; none means: whatever is new."""
    if not context.has_partition_key and not context.has_partition_key_range:
        return None
    keys = context.partition_key_range
    return date.fromisoformat(keys.start), date.fromisoformat(keys.end)


def _facts(feed: Feed, report: IngestReport, manifest: Path) -> BatchFacts:
    """What was counted while the batch that waits for the gate was read."""
    waiting = report.of_status("pending")
    return BatchFacts(
        rows_read=sum(file.rows_read for file in waiting),
        rows_not_of_feed=sum(file.rows_not_of_feed for file in waiting),
        files_read=len(waiting),
        files_refused=tuple(f"{f.file}: {f.message}" for f in report.of_status("refused")),
        columns_missing=_found(report, "columns_missing"),
        columns_extra=_found(report, "columns_extra"),
        usual_rows=usual_rows(manifest, feed, [file.period for file in waiting]),
    )


def _found(report: IngestReport, kind: str) -> tuple[str, ...]:
    return tuple(f"{f.file}: {f.message}" for f in report.findings if f.kind == kind)


def _partitions_loaded(key: dg.AssetKey, report: IngestReport) -> Iterator[dg.AssetMaterialization]:
    """Tell Dagster which days arrived in a run that asked for no day in particular."""
    known = project.daily_partitions()
    rows: dict[str, int] = {}
    for file in report.of_status("loaded"):
        days = period_dates(file.period)
        if days is not None:
            day = days[0].isoformat()
            rows[day] = rows.get(day, 0) + file.rows_loaded
    for day, count in sorted(rows.items()):
        if known.has_partition_key(day):
            metadata = {"dagster/partition_row_count": count}
            yield dg.AssetMaterialization(key, partition=day, metadata=metadata)


def _metadata(report: IngestReport) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "rows_read": report.rows_read,
        "rows_loaded": report.rows_loaded,
        "rows_rejected": report.rows_rejected,
        "rows_not_of_feed": report.rows_not_of_feed,
        "files_loaded": report.files_loaded,
        "files_refused": report.files_refused,
    }
    if report.by_rule:
        metadata["rejected_by_rule"] = dg.MetadataValue.json(report.by_rule)
    if report.totals:
        metadata["reconciled_totals"] = dg.MetadataValue.json(report.totals)
    return metadata


def _line(feed: Feed, report: IngestReport) -> str:
    if report.is_empty:
        return f"{feed.name}: nothing new"
    text = f"{feed.name}: {report.rows_loaded:,} rows of {report.files_loaded} files"
    if report.rows_rejected:
        text += f", {report.rows_rejected:,} rows to quarantine"
    if report.files_refused:
        text += f", {report.files_refused} files refused"
    if report.blocked:
        text += f"; NOT loaded, the gate says no: {', '.join(report.failed_checks)}"
    return text

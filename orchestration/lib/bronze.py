"""Bronze: one typed Parquet file per feed and partition, replaced whole; and the manifest's export.

Belongs here: paths and writing of bronze partitions and of `_manifest/*.parquet`.
Doesn't belong here: which rows are good (see `arriving`), the order of commits (see `ingest`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.lib import engine
from orchestration.lib.feeds import Feed
from orchestration.lib.layouts import LINEAGE_COLUMNS, Layout
from orchestration.lib.manifest import Manifest
from orchestration.lib.quarantine import write_empty
from orchestration.lib.settings import Settings
from orchestration.lib.tables import write_parquet, write_rows

LOAD_COLUMNS = {
    "load_id": "BIGINT",
    "layout_source": "VARCHAR",
    "layout_table": "VARCHAR",
    "feed_source": "VARCHAR",
    "feed_table": "VARCHAR",
    "file_name": "VARCHAR",
    "sha256": "VARCHAR",
    "bytes": "BIGINT",
    "sender": "VARCHAR",
    "period": "VARCHAR",
    "received_at": "TIMESTAMP",
    "loaded_at": "TIMESTAMP",
    "rows_read": "BIGINT",
    "rows_loaded": "BIGINT",
    "rows_rejected": "BIGINT",
    "rows_not_of_feed": "BIGINT",
    "is_current": "BOOLEAN",
    "is_snapshot": "BOOLEAN",
    "is_latest": "BOOLEAN",
    "status": "VARCHAR",
    "superseded_by_load_id": "BIGINT",
    "totals": "VARCHAR",
    "message": "VARCHAR",
}
LOAD_DAY_COLUMNS = {
    "load_id": "BIGINT",
    "layout_source": "VARCHAR",
    "layout_table": "VARCHAR",
    "feed_source": "VARCHAR",
    "business_date": "DATE",
    "row_count": "BIGINT",
}
LOADS = """
select
    l.load_id, l.layout_source, l.layout_table, f.feed_source, f.feed_table,
    f.name as file_name, f.sha256, f.size as bytes, f.sender, f.period, f.received_at,
    l.loaded_at, l.rows_read, l.rows_loaded, l.rows_rejected, l.rows_not_of_feed,
    l.is_current = 1 as is_current, l.is_snapshot = 1 as is_snapshot,
    l.is_current = 1 and row_number() over (
        partition by f.feed_source, f.feed_table, l.is_current
        order by f.received_at desc, f.name desc, l.load_id desc
    ) = 1 as is_latest,
    l.status, l.superseded_by as superseded_by_load_id, l.totals, l.message
from load l join file f using (file_id)
order by l.load_id
"""
LOAD_DAYS = """
select d.load_id, l.layout_source, l.layout_table, f.feed_source, d.business_date, d.row_count
from load_day d join load l using (load_id) join file f using (file_id)
order by d.load_id, d.business_date
"""


def partition_path(settings: Settings, feed: Feed, layout: Layout, partition: str) -> Path:
    """Where a partition's rows stand."""
    folder = settings.station("bronze") / layout.source / layout.table / feed.source
    if feed.table != layout.table:
        folder = folder / feed.table
    return folder / f"{partition}.parquet"


def write_partition(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    layout: Layout,
    rows: str,
    load_id: int,
) -> int:
    """Replace a partition by the good ones of `rows` of `arriving`; returns their number."""
    columns = [engine.name(name) for name in layout.columns]
    lineage = [f"{load_id}::bigint as _load_id" if n == "_load_id" else n for n in LINEAGE_COLUMNS]
    return write_parquet(
        connection,
        f"select {', '.join([*columns, *lineage])} from {rows} where len(_failed_rules) = 0",
        path,
    )


def export_manifest(settings: Settings) -> bool:
    """Write the manifest as Parquet for the models; False if nothing has changed since."""
    folder = settings.station("bronze") / "_manifest"
    marker = folder / ".exported"
    folder.mkdir(parents=True, exist_ok=True)
    with Manifest(settings.manifest_path) as manifest, manifest.locked("export"):
        change = f"{manifest.changes()} {list(LOAD_COLUMNS)} {list(LOAD_DAY_COLUMNS)}"
        if marker.exists() and marker.read_text(encoding="utf-8") == change:
            return False
        loads = manifest.query(LOADS)
        days = manifest.query(LOAD_DAYS)
        with duckdb.connect() as connection:
            write_rows(connection, loads, LOAD_COLUMNS, folder / "load.parquet")
            write_rows(connection, days, LOAD_DAY_COLUMNS, folder / "load_day.parquet")
            write_empty(connection, settings)
        marker.write_text(change, encoding="utf-8")
    return True

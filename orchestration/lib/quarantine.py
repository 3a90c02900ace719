"""Quarantine: every rejected row and refused file, with its reason; and the way back.

Belongs here: writing, listing and replaying. `python -m orchestration.lib.quarantine --list`
shows what lies there, `--replay source/table` loads it again after the feed was corrected.
Doesn't belong here: which rows are rejected (see `arriving`).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.lib import engine
from orchestration.lib.feeds import Feed
from orchestration.lib.manifest import FileRecord
from orchestration.lib.settings import Settings
from orchestration.lib.tables import write_parquet

COLUMNS = {
    "feed_source": "VARCHAR",
    "feed_table": "VARCHAR",
    "_file": "VARCHAR",
    "_row": "BIGINT",
    "_load_id": "BIGINT",
    "_received_at": "TIMESTAMP",
    "_period": "VARCHAR",
    "rule": "VARCHAR",
    "rules": "VARCHAR",
    "reason": "VARCHAR",
    "row": "VARCHAR",
}


@dataclass(frozen=True)
class Summary:
    """Rejected rows of a feed by the first rule that they break."""

    feed: str
    rule: str
    reason: str
    rows: int
    example_file: str
    example_row: int | None


def rows_path(settings: Settings, feed: Feed, partition: str) -> Path:
    """Where the rejected rows of a partition stand."""
    return settings.station("quarantine") / feed.source / feed.table / f"{partition}.parquet"


def refused_path(settings: Settings, feed: Feed, record: FileRecord) -> Path:
    """Where the note about a refused file stands."""
    name = Path(record.landing_path).name or f"{record.file_id}"
    folder = settings.station("quarantine") / feed.source / feed.table
    return folder / f"refused__{name}.parquet"


def write_rows(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    feed: Feed,
    partition: str,
    arrived: str,
    load_id: int,
    reasons: dict[str, str],
) -> int:
    """Replace a partition's quarantine by the rejected ones of rows that arrived; their number."""
    words = ", ".join(f"{engine.text(rule)}: {engine.text(why)}" for rule, why in reasons.items())
    return write_parquet(
        connection,
        f"select {engine.text(feed.source)} as feed_source, "
        f"{engine.text(feed.table)} as feed_table, "
        f"_file, _row, {load_id}::bigint as _load_id, _received_at, _period, "
        "_failed_rules[1] as rule, array_to_string(_failed_rules, ', ') as rules, "
        "array_to_string(list_transform(_failed_rules, "
        f"lambda r: coalesce(map {{{words}}}[r], r)), '; ') as reason, "
        f"_row_as_sent as row from {arrived} where len(_failed_rules) > 0",
        rows_path(settings, feed, partition),
    )


def write_refused(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    feed: Feed,
    record: FileRecord,
    load_id: int,
    rule: str,
    reason: str,
    row: int | None,
) -> None:
    """Note a refused file."""
    values = [
        engine.text(feed.source),
        engine.text(feed.table),
        engine.text(Path(record.landing_path).name or record.path),
        "null" if row is None else str(row),
        str(load_id),
        engine.text(record.received_at),
        engine.text(record.period),
        engine.text(rule),
        engine.text(rule),
        engine.text(reason),
        "null",
    ]
    fields = ", ".join(
        f"{value}::{kind} as {engine.name(name)}"
        for value, (name, kind) in zip(values, COLUMNS.items(), strict=True)
    )
    write_parquet(connection, f"select {fields}", refused_path(settings, feed, record))


def write_empty(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write the typed file without rows that lets models read a quarantine with nothing in it."""
    fields = ", ".join(f"null::{kind} as {engine.name(name)}" for name, kind in COLUMNS.items())
    path = settings.station("quarantine") / "_empty.parquet"
    write_parquet(connection, f"select {fields} limit 0", path)


def summarize(settings: Settings) -> list[Summary]:
    """What lies in quarantine, most rows first."""
    folder = settings.station("quarantine")
    if not any(folder.rglob("*.parquet")):
        return []
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select feed_source || '/' || feed_table, rule, any_value(reason), count(*), "
            "min_by(_file, coalesce(_row, 0)), min(_row) "
            "from read_parquet(?, union_by_name = true) group by all order by 4 desc, 1, 2",
            [f"{folder}/**/*.parquet"],
        ).fetchall()
    return [Summary(*row) for row in rows]


def loads_with_rule(settings: Settings, feed: Feed, rule: str | None) -> set[int]:
    """Loads of a feed that have something in quarantine (under a rule, if one is named)."""
    folder = settings.station("quarantine") / feed.source / feed.table
    if not any(folder.glob("*.parquet")):
        return set()
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select distinct _load_id from read_parquet(?, union_by_name = true) "
            "where ?::varchar is null or list_contains(string_split(rules, ', '), ?)",
            [f"{folder}/*.parquet", rule, rule],
        ).fetchall()
    return {load_id for (load_id,) in rows}


def main(arguments: list[str] | None = None) -> int:
    """Command line; see the module's text."""
    from orchestration.lib.companies import load_company
    from orchestration.lib.ingest import replay
    from orchestration.lib.layouts import load_layouts

    parser = argparse.ArgumentParser(prog="python -m orchestration.lib.quarantine")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--list", action="store_true", help="show what lies in quarantine")
    what.add_argument("--replay", metavar="SOURCE/TABLE", help="load a feed's rejected rows again")
    parser.add_argument("--rule", help="only files with rows that broke this rule")
    parser.add_argument("--all", action="store_true", help="replay all current files of the feed")
    options = parser.parse_args(arguments)
    settings = Settings.from_environment()
    if options.list:
        for entry in summarize(settings):
            place = f"{entry.example_file}, row {entry.example_row}"
            print(f"{entry.rows:>10,}  {entry.feed}  {entry.rule}: {entry.reason}  ({place})")
        return 0
    company = load_company(settings)
    feed = company.feed(options.replay)
    layout = load_layouts()[feed.layout_name]
    report = replay(settings, company, feed, layout, options.rule, everything=options.all)
    print(
        f"{feed.name}: {report.files_loaded} files read again, {report.rows_loaded:,} rows loaded, "
        f"{report.rows_rejected:,} still rejected, {report.files_refused} files refused."
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

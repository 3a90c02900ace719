"""What a suite may read beside the marts: bronze and the company's rules, as temporary views.

They are read from Parquet without any of dbt's logic, so that a reconciliation compares the
marts with what arrived, not with what a model made of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from duckdb import DuckDBPyConnection

from orchestration.lib.engine import name as quoted
from orchestration.lib.engine import text
from orchestration.lib.layouts import LINEAGE_COLUMNS, Layout, load_layouts
from orchestration.lib.settings import Settings

LOADS = "bronze_loads"
_LAYOUT_VIEW = re.compile(r"\b(bronze|latest)_([a-z0-9_]+?)__([a-z0-9_]+)\b")
_RULES_VIEW = re.compile(r"\brules_([a-z0-9_]+)\b")


def define_sources(
    connection: DuckDBPyConnection, settings: Settings, statements: Iterable[str]
) -> None:
    """Create the temporary views that the SQL of `statements` names."""
    layouts, sql = load_layouts(), "\n".join(statements)
    for kind, source, table in sorted(set(_LAYOUT_VIEW.findall(sql))):
        layout = layouts.get(f"{source}.{table}")
        if layout is not None:
            query = _bronze(settings, layout)
            query = _latest(query, layout) if kind == "latest" else query
            _create(connection, f"{kind}_{source}__{table}", query)
    for table in sorted(set(_RULES_VIEW.findall(sql))):
        _create_of_file(
            connection, f"rules_{table}", settings.station("rules") / f"{table}.parquet"
        )
    manifest = settings.station("bronze") / "_manifest" / "load.parquet"
    _create_of_file(connection, LOADS, manifest)


def _create(connection: DuckDBPyConnection, name: str, query: str) -> None:
    connection.execute(f"create or replace temp view {quoted(name)} as {query}")


def _create_of_file(connection: DuckDBPyConnection, name: str, file: Path) -> None:
    """Without the file there is no view, and the check that needs it fails and says so."""
    if file.exists():
        _create(connection, name, f"select * from read_parquet({text(file)})")


def _bronze(settings: Settings, layout: Layout) -> str:
    folder: Path = settings.station("bronze") / layout.source / layout.table
    if any(folder.rglob("*.parquet")):
        files = text(folder / "**" / "*.parquet")
        return (
            f"select * from read_parquet({files}, union_by_name = true, hive_partitioning = false)"
        )
    columns = {name: column.type for name, column in layout.columns.items()}
    columns |= {name: kind for name, (kind, _) in LINEAGE_COLUMNS.items()}
    empty = ", ".join(f"null::{kind} as {quoted(name)}" for name, kind in columns.items())
    return f"select {empty} where false"


def _latest(query: str, layout: Layout) -> str:
    """The newest version of each key.

    A layout without a key has no versions; one that allows equal rows (`duplicates: warn`) has
    none where a part of the key is empty: those rows are different ones.
    """
    if not layout.key:
        return query
    names = [quoted(name) for name in layout.key]
    version = f"{quoted(layout.version)} desc, " if layout.version else ""
    newest = (
        f"row_number() over (partition by _source, {', '.join(names)} "
        f"order by {version}_load_id desc, _row desc) = 1"
    )
    if layout.duplicates == "warn":
        newest = " or ".join([*(f"{name} is null" for name in names), newest])
    return f"{query} qualify {newest}"

"""Writes small tables that Python holds as rows to Parquet, beside and swapped in."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from orchestration.lib import engine


def write_parquet(connection: duckdb.DuckDBPyConnection, select: str, path: Path) -> int:
    """Write the rows of a select to a Parquet file; returns how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    written = connection.execute(
        f"copy ({select}) to {engine.text(beside)} (format parquet, compression zstd)"
    ).fetchone()
    os.replace(beside, path)
    return int(written[0]) if written else 0


def write_rows(
    connection: duckdb.DuckDBPyConnection,
    rows: Iterable[Mapping[str, object]],
    columns: Mapping[str, str],
    path: Path,
) -> None:
    """Write rows with the given columns and DuckDB types; days and times are ISO 8601 texts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.jsonl")
    with beside.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, default=str) + "\n" for row in rows)
    spec = ", ".join(f"{engine.text(name)}: '{_read_as(kind)}'" for name, kind in columns.items())
    fields = ", ".join(
        f"{engine.name(name)}::{kind} as {engine.name(name)}" for name, kind in columns.items()
    )
    write_parquet(
        connection,
        f"select {fields} from read_json({engine.text(beside)}, format = 'newline_delimited', "
        f"columns = {{{spec}}})",
        path,
    )
    beside.unlink()


def _read_as(kind: str) -> str:
    """Days, times and yes or no are cast from text, which takes what SQLite and Python write."""
    return "VARCHAR" if kind in ("BOOLEAN", "DATE", "TIMESTAMP") else kind

"""Writes dbt's source files from the layouts, so that both always agree.

Run `python -m orchestration.lib.dbt_sources` after a layout changed; a test fails when
it was forgotten. Also writes the empty Parquet file of each layout, so that a model
builds where a company has no feed for it.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import duckdb
import yaml

from orchestration.lib.layouts import LINEAGE_COLUMNS, Layout, load_layouts, source_descriptions
from orchestration.lib.settings import PROJECT_ROOT, Settings

STAGING_DIR = PROJECT_ROOT / "dbt_project" / "models" / "staging"
EMPTY_FILE = "_empty.parquet"
BRONZE = (
    "{{ env_var('CFS_DATA_DIR', 'data') }}/bronze/"
    "{{ env_var('CFS_COMPANY', 'sample').rstrip('/').split('/')[-1] }}"
)


def source_file(source: str) -> Path:
    """Where the dbt source file of a layout source lies."""
    return STAGING_DIR / source / f"_{source}__sources.yml"


def render_sources() -> dict[Path, str]:
    """Text of every dbt source file, by its path."""
    by_source: dict[str, list[Layout]] = defaultdict(list)
    for layout in load_layouts().values():
        by_source[layout.source].append(layout)
    descriptions = source_descriptions()
    return {
        source_file(source): _render(source, descriptions[source], layouts)
        for source, layouts in by_source.items()
    }


def write_sources() -> list[Path]:
    """Write the source files that differ; return those that changed."""
    changed = []
    for path, text in render_sources().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def write_empty_bronze(settings: Settings) -> None:
    """Write the typed, empty Parquet file of each layout that lacks it or whose columns changed."""
    with duckdb.connect() as connection:
        for layout in load_layouts().values():
            folder = settings.station("bronze") / layout.source / layout.table
            folder.mkdir(parents=True, exist_ok=True)
            columns = {name: column.type for name, column in layout.columns.items()}
            columns |= {name: kind for name, (kind, _) in LINEAGE_COLUMNS.items()}
            _write_empty(connection, folder / EMPTY_FILE, columns)


def _write_empty(
    connection: duckdb.DuckDBPyConnection, target: Path, columns: dict[str, str]
) -> None:
    select = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in columns.items())
    beside = target.with_suffix(f".{os.getpid()}.tmp")
    connection.execute(f"copy (select {select} limit 0) to '{beside}' (format parquet)")
    os.replace(beside, target)


def _render(source: str, description: str, layouts: list[Layout]) -> str:
    location = f"read_parquet('{BRONZE}/{source}/{{name}}/**/*.parquet', union_by_name = true)"
    body = {
        "version": 2,
        "sources": [
            {
                "name": source,
                "description": description,
                "config": {"external_location": location},
                "tables": [_table(layout) for layout in layouts],
            }
        ],
    }
    header = "# Written by `python -m orchestration.lib.dbt_sources` from orchestration/layouts.\n"
    return header + yaml.safe_dump(body, sort_keys=False, width=110, allow_unicode=True)


def _table(layout: Layout) -> dict:
    columns = []
    for name, column in layout.columns.items():
        entry: dict = {"name": name, "description": column.description}
        if column.pii:
            entry["config"] = {"meta": {"pii": column.pii}}
        columns.append(entry)
    columns += [{"name": n, "description": text} for n, (_, text) in LINEAGE_COLUMNS.items()]
    return {"name": layout.table, "description": layout.description, "columns": columns}


def main() -> None:
    """Write source files and the empty bronze files of the current settings."""
    for path in write_sources():
        print(f"wrote {path.relative_to(PROJECT_ROOT)}")
    write_empty_bronze(Settings.from_environment())


if __name__ == "__main__":
    main()

"""Saved queries and other questions asked of the published marts, for tests of what they answer."""

from __future__ import annotations

from typing import Any

import duckdb

from orchestration.lib.settings import PROJECT_ROOT

ANALYSES = sorted((PROJECT_ROOT / "dbt_project" / "analyses").glob("*.sql"))


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query."""
    return connection.execute(query).fetchall()


def asked(connection: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    """Rows of the saved query whose file name begins with `name`, such as q07, on the marts."""
    (path,) = (path for path in ANALYSES if path.stem.startswith(name))
    found = connection.execute(path.read_text(encoding="utf-8"))
    columns = [column[0] for column in found.description]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

"""Saved queries and other questions asked of the published marts, for tests of what they answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import yaml

from orchestration.lib.settings import PROJECT_ROOT

MARTS = PROJECT_ROOT / "dbt_project" / "models" / "marts"
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


@contextmanager
def small_world(
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every mart with the columns of its contract, and these rows in some of them."""
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for path in sorted(MARTS.rglob("_*__models.yml")):
            for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
                columns = ", ".join(f'"{c["name"]}" {c["data_type"]}' for c in model["columns"])
                connection.execute(f"create table marts.{model['name']} ({columns})")
        for name, listed in tables.items():
            for row in listed:
                values = ", ".join(f"? as {column}" for column in row)
                connection.execute(
                    f"insert into marts.{name} by name select {values}", list(row.values())
                )
        yield connection

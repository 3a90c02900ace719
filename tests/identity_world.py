"""Person records for tests of the identity engine: written out by hand, or made up with a truth."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from orchestration.bench import identity_people
from orchestration.identity.measure import Scores, measure
from orchestration.identity.options import Options
from orchestration.identity.resolve import Resolution, resolve_people

Rows = Iterable[dict[str, Any]]


def frame(rows: Rows) -> pd.DataFrame:
    """A table of rows whose columns may differ; what a row lacks is null."""
    return pd.DataFrame(list(rows)).astype("string")


def by_rules(records: Any, threads: int = 2, **arguments: Any) -> Resolution:
    """Resolve without the model, so that nothing but a rule can link."""
    chosen = {"use_model": False, "default_country": "ES"} | arguments.pop("options", {})
    return resolve(records, threads=threads, options=Options(**chosen), **arguments)


def resolve(records: Any, threads: int = 2, **arguments: Any) -> Resolution:
    """Resolve in a connection of its own with so many threads."""
    connection = duckdb.connect(config={"threads": threads})
    return resolve_people(records, connection=connection, **arguments)


def clusters(found: Resolution) -> set[tuple[str, ...]]:
    """The records of each customer."""
    rows = found.table("cluster").to_pandas()
    return {tuple(sorted(ids)) for ids in rows.groupby("cluster_id")["record_id"].apply(list)}


def partition(found: Resolution) -> list[str]:
    """The records of each customer, where a record's id is one letter: `["ab", "c"]`."""
    return sorted("".join(ids) for ids in clusters(found))


def rows_of(found: Resolution, table: str) -> list[dict[str, Any]]:
    """The rows of `cluster`, `link` or `review`."""
    return found.table(table).to_pylist()


def people(folder: Path, rows: int, noise: float = 1.0, seed: int = 1) -> Path:
    """Write records.parquet and truth.parquet of made-up people; returns the former."""
    identity_people.write_files(folder, rows, noise, seed, threads=2)
    return folder / "records.parquet"


def scores(found: Resolution, table: str, cluster: str, truth: Path) -> Scores:
    """How far clusters of a table of the engine are from the truth."""
    target = truth.with_name(f"{table}_found.parquet")
    found.connection.execute(
        f"copy (select record_id, {cluster} as cluster_id from {table} "
        f"inner join person using (record_no)) to '{target}'"
        if table != "cluster"
        else f"copy (select record_id, {cluster} as cluster_id from {table}) to '{target}'"
    )
    with duckdb.connect() as connection:
        return measure(connection, target, truth)

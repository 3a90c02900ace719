"""Any table as a DuckDB relation: a relation, a data frame, an Arrow table, rows, or a file.

Belongs here: opening the table and finding its columns.
Doesn't belong here: what is counted in it (see `summary`).
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from orchestration.customer_value.errors import CustomerValueError
from orchestration.lib import engine


def open_connection() -> duckdb.DuckDBPyConnection:
    """A database in memory that draws no progress bars into what a command prints."""
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    return connection


def read_table(connection: duckdb.DuckDBPyConnection, source: Any) -> duckdb.DuckDBPyRelation:
    """The table as a relation of `connection`, or of its own where it is one already.

    Raises:
        CustomerValueError: there is no such file, or it is no table.
    """
    if isinstance(source, duckdb.DuckDBPyRelation):
        return source
    if isinstance(source, str | Path):
        return _file(connection, Path(source))
    try:
        if isinstance(source, pd.DataFrame):
            return connection.from_arrow(pa.Table.from_pandas(source, preserve_index=False))
        if isinstance(source, Mapping):
            source = pa.table(dict(source))
        elif isinstance(source, Sequence):
            source = pa.Table.from_pylist(list(source))
        return connection.from_arrow(pa.table(source))
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise CustomerValueError(
            f"Customers cannot be read from {type(source).__name__}: pass a DuckDB relation, a "
            f"data frame, an Arrow table, rows, or the name of a CSV or Parquet file. {error}"
        ) from error


def _file(connection: duckdb.DuckDBPyConnection, file: Path) -> duckdb.DuckDBPyRelation:
    if not file.is_file():
        raise CustomerValueError(f"There is no file {file}.")
    try:
        if file.suffix.lower() in (".parquet", ".pq"):
            return connection.sql(f"from read_parquet({engine.text(file)})")
        return connection.sql(f"from {_csv(file)}")
    except duckdb.Error as error:
        raise CustomerValueError(
            f"{file} cannot be read: it must be a CSV file with a header line, or a Parquet file "
            f"named *.parquet. {error}"
        ) from error


def _csv(file: Path) -> str:
    """How DuckDB reads the file: every column as text, no line left out."""
    opened = gzip.open if file.suffix.lower() == ".gz" else open
    with opened(file, "rt", encoding="utf-8-sig", errors="replace") as lines:
        header = re.sub('"[^"]*"', "", next(lines, ""))
    delimiter = max(",;\t|", key=header.count)
    return (
        f"read_csv({engine.text(file)}, all_varchar = true, header = true, skip = 0, "
        f"delim = {engine.text(delimiter)}, quote = '\"', escape = '\"', comment = '')"
    )


def column(relation: duckdb.DuckDBPyRelation, name: str, what: str) -> str:
    """The column as it is called in the table, quoted; case and blanks around it don't matter.

    Raises:
        CustomerValueError: the table has no such column.
    """
    names = {one.strip().casefold(): one for one in reversed(relation.columns)}
    found = names.get(name.strip().casefold())
    if found is None:
        raise CustomerValueError(
            f"There is no column {name} for the {what}; the table has "
            f"{', '.join(relation.columns)}. Name the column that holds the {what}."
        )
    return engine.name(found)

"""Any table of aggregated paths, checked and turned into arrays.

Belongs here: finding the columns, checking numbers, saying which row is wrong.
Doesn't belong here: splitting paths into steps (see `paths`).
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.attribution.errors import AttributionError
from orchestration.attribution.paths import Booleans, Floats, Paths, ends_of, split
from orchestration.lib import engine

COLUMNS = {
    "path": ("path",),
    "conversions": ("conversions", "total_conversions"),
    "value": ("value", "total_conversion_value"),
    "nulls": ("nulls", "total_null"),
}
"""Columns that are found without being named: ours first, then those of other packages."""


def read_paths(
    source: Any,
    *,
    path: str | None = None,
    conversions: str | None = None,
    value: str | None = None,
    nulls: str | None = None,
    separator: str = " > ",
    collapse: bool = False,
    each_row_is_a_journey: bool = False,
) -> Paths:
    """Read a table of paths: a DuckDB relation, a data frame, an Arrow table, rows, or a file.

    A path is a text of channels with `separator` between them, blanks around them or not, or a
    list of channels. Columns that are not named are looked for (see `COLUMNS`); value and nulls
    may be missing. Blank numbers count as 0 and are counted in the notes. `collapse` makes one
    step of a channel that follows itself. `each_row_is_a_journey` takes conversions of 0 or 1
    and makes a row without conversion a path that did not convert.

    Raises:
        AttributionError: a column is missing, or a number is negative or none at all.
    """
    if not separator:
        raise AttributionError("The separator between channels is empty; name one, such as '>'.")
    if each_row_is_a_journey and nulls:
        raise AttributionError("Where each row is a journey there are no nulls: leave one out.")
    named = {"path": path, "conversions": conversions, "value": value, "nulls": nulls}
    label = str(source) if isinstance(source, str | Path) else "paths"
    table = _table(source, named, label)
    if each_row_is_a_journey:
        table.pop("nulls", None)
    notes: list[str] = []
    names = {column: name for column, (name, _) in table.items()}
    numbers = {
        column: _number(held, column, names[column], label, notes)
        for column, (_, held) in table.items()
        if column != "path"
    }
    if each_row_is_a_journey:
        above = f"{names['conversions']} is above 1, though each row is a journey"
        _refuse(numbers["conversions"] > 1, label, above)
        numbers["nulls"] = 1.0 - numbers["conversions"]
    scale = _scale(table["value"][1]) if "value" in table else 1.0
    return _assembled(_texts(table["path"][1]), numbers, scale, separator, collapse, notes)


def _table(
    source: Any, named: Mapping[str, str | None], label: str
) -> dict[str, tuple[str, pa.ChunkedArray]]:
    """The table's name and content of each column that it has."""
    if isinstance(source, str | Path):
        return _file(Path(source), named)
    if isinstance(source, duckdb.DuckDBPyRelation):
        found = _columns(source.columns, named, label)
        held = source.project(", ".join(map(engine.name, dict.fromkeys(found.values()))))
        return _chosen(held.to_arrow_table(), found)
    try:
        if isinstance(source, pd.DataFrame):
            found = _columns([str(name) for name in source.columns], named, label)
            chosen = source[list(dict.fromkeys(found.values()))]
            return _chosen(pa.Table.from_pandas(chosen, preserve_index=False), found)
        if isinstance(source, Mapping):
            source = pa.table(dict(source))
        elif isinstance(source, Sequence):
            source = pa.Table.from_pylist(list(source))
        held = pa.table(source)
    except (pa.ArrowException, TypeError, ValueError) as error:
        if isinstance(error, AttributionError):
            raise
        raise AttributionError(
            f"Paths cannot be read from {type(source).__name__}: pass a DuckDB relation, a data "
            f"frame, an Arrow table, rows, or the name of a CSV or Parquet file. {error}"
        ) from error
    return _chosen(held, _columns(held.column_names, named, label))


def _file(file: Path, named: Mapping[str, str | None]) -> dict[str, tuple[str, pa.ChunkedArray]]:
    if not file.is_file():
        raise AttributionError(f"There is no file {file}.")
    try:
        with duckdb.connect() as connection:
            return _table(connection.sql(f"from {_reader(file)}"), named, str(file))
    except duckdb.Error as error:
        raise AttributionError(
            f"{file} cannot be read: it must be a CSV file with a header line, or a Parquet file "
            f"named *.parquet. {error}"
        ) from error


def _reader(file: Path) -> str:
    """How DuckDB reads the file, with nothing guessed that could leave out lines."""
    if file.suffix.lower() in (".parquet", ".pq"):
        return f"read_parquet({engine.text(file)})"
    opened = gzip.open if file.suffix.lower() == ".gz" else open
    with opened(file, "rt", encoding="utf-8-sig", errors="replace") as lines:
        header = re.sub('"[^"]*"', "", next(lines, ""))
    delimiter = max(",;\t|", key=header.count)
    return (
        f"read_csv({engine.text(file)}, all_varchar = true, header = true, skip = 0, "
        f"delim = {engine.text(delimiter)}, quote = '\"', escape = '\"', comment = '')"
    )


def _columns(there: Sequence[str], named: Mapping[str, str | None], label: str) -> dict[str, str]:
    """The table's name of each column; value and nulls may be missing."""
    names = {name.strip().casefold(): name for name in reversed(there)}
    found: dict[str, str] = {}
    for column, name in named.items():
        candidates = (name,) if name else COLUMNS[column]
        held = [names[one.casefold()] for one in candidates if one.casefold() in names]
        if held:
            found[column] = held[0]
        elif name or column in ("path", "conversions"):
            raise AttributionError(
                f"{label} has no column {' or '.join(candidates)} for the {column}; it has "
                f"{', '.join(there)}. Name the column that holds the {column}."
            )
    return found


def _chosen(table: pa.Table, found: Mapping[str, str]) -> dict[str, tuple[str, pa.ChunkedArray]]:
    return {column: (name, table.column(name)) for column, name in found.items()}


def _texts(held: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of paths as texts or lists."""
    kind = held.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return held
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return held
    return held.cast(pa.string())


def _number(held: pa.ChunkedArray, column: str, name: str, label: str, notes: list[str]) -> Floats:
    """A numeric column, checked: finite, and not negative but for values."""
    if not (pa.types.is_primitive(held.type) or pa.types.is_decimal(held.type)):
        texts = pc.utf8_trim_whitespace(held.cast(pa.string()))  # type: ignore[attr-defined]
        is_blank = pc.match_substring_regex(texts, "^$")  # type: ignore[attr-defined]
        texts = pc.if_else(is_blank, None, texts)  # type: ignore[attr-defined]
        try:
            held = texts.cast(pa.float64())
        except pa.ArrowInvalid:
            is_bad = [not _is_number(text) for text in texts.to_pylist()]
            _refuse(np.array(is_bad), label, f"{name} is not a number")
            raise
    if blanks := held.null_count:
        notes.append(f"{blanks:,} blank {column} count as 0.")
    scale = _scale(held)
    found = held.cast(pa.float64()).fill_null(0.0).to_numpy().astype(np.float64, copy=False)
    _refuse(~np.isfinite(found), label, f"{name} is not a number")
    if column != "value":
        _refuse(found < 0, label, f"{name} is negative")
        return found
    return np.rint(found * scale) if scale > 1 else found


def _is_number(text: str | None) -> bool:
    try:
        float(text or 0)
    except ValueError:
        return False
    return True


def _scale(held: pa.ChunkedArray) -> float:
    """What makes whole numbers of decimals."""
    return float(10**held.type.scale) if pa.types.is_decimal(held.type) else 1.0


def _refuse(is_bad: Booleans, label: str, what: str) -> None:
    if count := int(is_bad.sum()):
        row = int(np.flatnonzero(is_bad)[0]) + 1
        others = f" and {count - 1:,} further rows" if count > 1 else ""
        raise AttributionError(f"{label}, row {row:,}{others}: {what}. Correct it there.")


def _assembled(
    column: pa.ChunkedArray,
    numbers: Mapping[str, Floats],
    scale: float,
    separator: str,
    collapse: bool,
    notes: list[str],
) -> Paths:
    channels, steps, lengths = split(column, separator)
    paths = Paths(
        channels=channels,
        steps=steps,
        ends=ends_of(lengths),
        conversions=numbers["conversions"],
        nulls=numbers.get("nulls", np.zeros(len(lengths))),
        value=numbers.get("value"),
        value_scale=scale,
        has_nulls="nulls" in numbers,
    )
    if len(steps) and steps.min() < 0:
        paths = paths.with_steps(steps, steps >= 0)
    is_empty = paths.lengths == 0
    blank = int((lengths - paths.lengths)[~is_empty].sum())
    if blank:
        notes.append(f"{blank:,} steps without a channel are left out.")
    if collapse and len(paths.steps):
        changes = np.concatenate(([True], paths.steps[1:] != paths.steps[:-1]))
        changes[paths.ends[:-1][~is_empty]] = True
        paths = paths.with_steps(paths.steps, changes)
    return _without_empty(paths, is_empty, tuple(notes))


def _without_empty(paths: Paths, is_empty: Booleans, notes: tuple[str, ...]) -> Paths:
    if not is_empty.any():
        return replace(paths, notes=notes)
    return replace(
        paths.chosen(~is_empty),
        empty_paths=int(is_empty.sum()),
        empty_conversions=float(paths.conversions[is_empty].sum()),
        empty_nulls=float(paths.nulls[is_empty].sum()),
        empty_value=0.0 if paths.value is None else float(paths.value[is_empty].sum()),
        notes=notes,
    )

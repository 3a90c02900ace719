"""Any table of aggregated paths, as arrays: each step a channel's number.

Belongs here: reading a table or file, checking its numbers, splitting paths into steps.
Doesn't belong here: what a step is worth (see `heuristics`, `markov` and `shapley`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.attribution.errors import AttributionError
from orchestration.lib import engine

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Steps: TypeAlias = npt.NDArray[np.int32]

COLUMNS = {
    "path": ("path",),
    "conversions": ("conversions", "total_conversions"),
    "value": ("value", "total_conversion_value"),
    "nulls": ("nulls", "total_null"),
}
"""Columns that are found without being named, ours first, then those of other packages."""

PATHS_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Paths:
    """Paths of at least one step, and what those without a step converted.

    channels: names, sorted. steps: channel of each step, path after path; path i has
    `steps[ends[i]:ends[i + 1]]`. conversions, nulls, value: one number per path; `value` is None
    where the table has none. Values are held in units of 1 / `value_scale`, whole numbers where
    the table's are decimals, so that their sums don't depend on the order of rows.
    """

    channels: tuple[str, ...]
    steps: Steps
    ends: Integers
    conversions: Floats
    nulls: Floats
    value: Floats | None
    value_scale: float = 1.0
    has_nulls: bool = True
    empty_paths: int = 0
    empty_conversions: float = 0.0
    empty_nulls: float = 0.0
    empty_value: float = 0.0
    notes: tuple[str, ...] = ()

    @cached_property
    def lengths(self) -> Integers:
        """Steps of each path, at least 1."""
        return np.diff(self.ends)

    @property
    def firsts(self) -> Steps:
        """Channel of each path's first step."""
        return self.steps[self.ends[:-1]]

    @property
    def lasts(self) -> Steps:
        """Channel of each path's last step."""
        return self.steps[self.ends[1:] - 1]

    @property
    def weights(self) -> Floats:
        """How often each path was taken: conversions and nulls."""
        return self.conversions + self.nulls

    @cached_property
    def converting(self) -> Paths:
        """The paths that have conversions or value, which alone share credit."""
        keep = self.conversions != 0
        if self.value is not None:
            keep |= self.value != 0
        return self if keep.all() else self.chosen(keep)

    def chosen(self, keep: npt.NDArray[np.bool_]) -> Paths:
        """The paths for which `keep` is true."""
        return Paths(
            channels=self.channels,
            steps=self.steps[np.repeat(keep, self.lengths)],
            ends=_ends(self.lengths[keep]),
            conversions=self.conversions[keep],
            nulls=self.nulls[keep],
            value=None if self.value is None else self.value[keep],
            value_scale=self.value_scale,
        )

    def with_steps(self, steps: Steps, keep: npt.NDArray[np.bool_]) -> Paths:
        """The same paths with other steps of the same number, of which some are left out."""
        before = np.concatenate(([0], np.cumsum(keep)))
        return Paths(
            channels=self.channels,
            steps=steps[keep],
            ends=before[self.ends],
            conversions=self.conversions,
            nulls=self.nulls,
            value=self.value,
            value_scale=self.value_scale,
        )

    @cached_property
    def distinct(self) -> Paths:
        """The same paths with each channel once, in the order of their names."""
        count = len(self.channels)
        number = np.repeat(np.arange(len(self.lengths), dtype=np.int64), self.lengths)
        cells = np.sort(number * count + self.steps)
        keep = np.concatenate(([True], cells[1:] != cells[:-1])) if len(cells) else cells > 0
        return self.with_steps((cells % count).astype(np.int32) if count else self.steps, keep)


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
    """Read a table of paths: a DuckDB relation, a data frame, an Arrow table, or a file.

    A path is a text of channels with `separator` between them, blanks around them or not, or a
    list of channels. Columns that are not named are looked for (see `COLUMNS`); value and nulls
    may be missing. Blank numbers count as 0 and are counted in the notes. `collapse` makes one
    step of a channel that follows itself. `each_row_is_a_journey` takes conversions of 0 or 1
    and makes a row without conversion a path that did not convert.

    Raises:
        AttributionError: a column is missing, or a number is negative or none at all.
    """
    with duckdb.connect() as connection:
        relation, label = _relation(source, connection)
        names = _columns(
            relation,
            label,
            {"path": path, "conversions": conversions, "value": value, "nulls": nulls},
        )
        if each_row_is_a_journey and names["nulls"]:
            if nulls:
                raise AttributionError(
                    "Where each row is a journey, there is no column of nulls: leave one out."
                )
            names["nulls"] = None
        table = relation.project(_query(relation, names)).to_arrow_table()
        scale = _decimals(relation, names["value"])
    numbers, notes = _numbers(table, names, label)
    if each_row_is_a_journey:
        numbers["nulls"] = _journeys(numbers["conversions"], label)
    return _assembled(table.column("path"), numbers, notes, scale, separator, collapse)


def _relation(
    source: Any, connection: duckdb.DuckDBPyConnection
) -> tuple[duckdb.DuckDBPyRelation, str]:
    if isinstance(source, duckdb.DuckDBPyRelation):
        return source, "paths"
    if isinstance(source, str | Path):
        return _file(Path(source), connection), str(source)
    if isinstance(source, Mapping):
        source = pa.table(dict(source))
    elif isinstance(source, Sequence):
        source = pa.Table.from_pylist(list(source))
    try:
        connection.register("paths", source)
    except (duckdb.Error, TypeError) as error:
        raise AttributionError(
            f"Paths cannot be read from {type(source).__name__}: pass a DuckDB relation, a data "
            "frame, an Arrow table, or the name of a CSV or Parquet file."
        ) from error
    return connection.table("paths"), "paths"


def _file(file: Path, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    if not file.is_file():
        raise AttributionError(f"There is no file {file}.")
    reader = "read_csv({}, all_varchar = true, header = true)"
    if file.suffix.lower() in (".parquet", ".pq"):
        reader = "read_parquet({})"
    try:
        return connection.sql(f"from {reader.format(engine.text(file))}")
    except duckdb.Error as error:
        raise AttributionError(
            f"{file} cannot be read: it must be a CSV file with a header line, or a Parquet file "
            f"named *.parquet. {error}"
        ) from error


def _columns(
    relation: duckdb.DuckDBPyRelation, label: str, named: Mapping[str, str | None]
) -> dict[str, str | None]:
    """The table's name of each column, None for value or nulls that it lacks."""
    there = {name.casefold(): name for name in reversed(relation.columns)}
    found: dict[str, str | None] = {}
    for column, name in named.items():
        candidates = (name,) if name else COLUMNS[column]
        found[column] = next(
            (there[n.casefold()] for n in candidates if n.casefold() in there), None
        )
        if found[column] is None and (name or column in ("path", "conversions")):
            raise AttributionError(
                f"{label} has no column {' or '.join(candidates)} for the {column}; it has "
                f"{', '.join(relation.columns)}. Name the column that holds the {column}."
            )
    return found


def _query(relation: duckdb.DuckDBPyRelation, names: Mapping[str, str | None]) -> str:
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    chosen = []
    for column, name in names.items():
        if name is None:
            continue
        quoted = engine.name(name)
        if column == "path":
            kind = "varchar[]" if types[name].endswith("]") else "varchar"
            chosen.append(f"{quoted}::{kind} as path")
        elif types[name] == "VARCHAR":
            # A text that is no number becomes NaN, a blank one null.
            chosen.append(
                f"case when trim({quoted}) <> '' "
                f"then coalesce(try_cast({quoted} as double), 'nan'::double) end as {column}"
            )
        elif types[name].startswith("DECIMAL") and column == "value":
            digits = 10 ** _digits(types[name])
            chosen.append(f"({quoted} * {digits})::double as {column}")
        else:
            chosen.append(f"{quoted}::double as {column}")
    return ", ".join(chosen)


def _digits(kind: str) -> int:
    return int(kind.rstrip(")").split(",")[1])


def _decimals(relation: duckdb.DuckDBPyRelation, name: str | None) -> float:
    """What values were multiplied with, to be whole numbers."""
    if name is None:
        return 1.0
    kind = str(relation.types[relation.columns.index(name)])
    return float(10 ** _digits(kind)) if kind.startswith("DECIMAL") else 1.0


def _numbers(
    table: pa.Table, names: Mapping[str, str | None], label: str
) -> tuple[dict[str, Floats], list[str]]:
    """The numeric columns, checked: finite, and not negative but for values."""
    numbers: dict[str, Floats] = {}
    notes: list[str] = []
    for column in ("conversions", "value", "nulls"):
        if names[column] is None:
            continue
        held = table.column(column)
        is_blank = held.is_null().to_numpy()
        found = held.fill_null(0.0).to_numpy().astype(np.float64)
        if blanks := int(is_blank.sum()):
            notes.append(f"{blanks:,} blank {column} count as 0.")
        _refuse(~np.isfinite(found), label, names[column], "is not a number")
        if column != "value":
            _refuse(found < 0, label, names[column], "is negative")
        numbers[column] = found
    return numbers, notes


def _refuse(is_bad: npt.NDArray[np.bool_], label: str, column: str | None, what: str) -> None:
    count = int(is_bad.sum())
    if count:
        row = int(np.flatnonzero(is_bad)[0]) + 1
        others = f", and {count - 1:,} further rows" if count > 1 else ""
        raise AttributionError(f"{label}, row {row:,}{others}: {column} {what}. Correct it there.")


def _journeys(conversions: Floats, label: str) -> Floats:
    _refuse(conversions > 1, label, "conversions", "is above 1, though each row is a journey")
    return 1.0 - conversions


def _assembled(
    column: pa.ChunkedArray,
    numbers: dict[str, Floats],
    notes: list[str],
    scale: float,
    separator: str,
    collapse: bool,
) -> Paths:
    channels, steps, lengths = _steps(column, separator)
    ends = _ends(lengths)
    count = len(lengths)
    paths = Paths(
        channels=channels,
        steps=steps,
        ends=ends,
        conversions=numbers["conversions"],
        nulls=numbers.get("nulls", np.zeros(count)),
        value=numbers.get("value"),
        value_scale=scale,
    )
    keep = steps >= 0
    if not keep.all():
        paths = paths.with_steps(steps, keep)
    is_empty = paths.lengths == 0
    blank = int((~keep).sum()) - int((is_empty & (lengths > 0)).sum())
    if blank > 0:
        notes.append(f"{blank:,} steps without a channel are left out.")
    if collapse and len(paths.steps):
        changes = np.concatenate(([True], paths.steps[1:] != paths.steps[:-1]))
        changes[paths.ends[:-1][~is_empty]] = True
        paths = paths.with_steps(paths.steps, changes)
    return _without_empty(paths, is_empty, "nulls" in numbers, notes)


def _without_empty(
    paths: Paths, is_empty: npt.NDArray[np.bool_], has_nulls: bool, notes: list[str]
) -> Paths:
    value = paths.value
    kept = paths.chosen(~is_empty) if is_empty.any() else paths
    return Paths(
        channels=kept.channels,
        steps=kept.steps,
        ends=kept.ends,
        conversions=kept.conversions,
        nulls=kept.nulls,
        value=kept.value,
        value_scale=kept.value_scale,
        has_nulls=has_nulls,
        empty_paths=int(is_empty.sum()),
        empty_conversions=float(paths.conversions[is_empty].sum()),
        empty_nulls=float(paths.nulls[is_empty].sum()),
        empty_value=0.0 if value is None else float(value[is_empty].sum()),
        notes=tuple(notes),
    )


def _steps(column: pa.ChunkedArray, separator: str) -> tuple[tuple[str, ...], Steps, Integers]:
    """Channel names, the channel of each step (-1 where blank), and the steps of each path."""
    mark = separator.strip() or separator
    if not mark:
        raise AttributionError("The separator between channels is empty; name one, such as '>'.")
    parts = [
        chunk.slice(start, PATHS_AT_ONCE)
        for chunk in column.chunks
        for start in range(0, len(chunk), PATHS_AT_ONCE)
    ]
    with ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1))) as pool:
        split = list(pool.map(lambda part: _split(part, mark), parts))
    spellings = sorted({name.strip() for found, _, _ in split for name in found} - {""})
    number = {name: place for place, name in enumerate(spellings)}
    coded = [
        np.array([number.get(name.strip(), -1) for name in found] or [-1], dtype=np.int32)[codes]
        for found, codes, _ in split
    ]
    steps = np.concatenate(coded) if coded else np.zeros(0, dtype=np.int32)
    lengths = [length for _, _, length in split]
    return (
        tuple(spellings),
        steps,
        np.concatenate(lengths) if lengths else np.zeros(0, dtype=np.int64),
    )


def _split(part: pa.Array, mark: str) -> tuple[list[str], Steps, Integers]:
    """Spellings of channels in some paths, which one each step has, and steps of each path.

    Only the few spellings are stripped of blanks, not the many steps.
    """
    lists = part
    if not pa.types.is_list(part.type) and not pa.types.is_large_list(part.type):
        lists = pc.split_pattern(  # type: ignore[attr-defined]
            part.cast(pa.string()).fill_null(""), mark
        )
    lengths = pc.list_value_length(lists)  # type: ignore[attr-defined]
    lengths = lengths.fill_null(0).to_numpy(zero_copy_only=False)
    held = lists.flatten().cast(pa.string()).fill_null("").dictionary_encode()
    return held.dictionary.to_pylist(), held.indices.to_numpy(), lengths.astype(np.int64)


def _ends(lengths: Integers) -> Integers:
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))


def sums(places: npt.NDArray[Any], amounts: Floats, count: int) -> Floats:
    """The sum of the amounts at each of `count` places."""
    return np.bincount(places, weights=amounts, minlength=count).astype(np.float64, copy=False)

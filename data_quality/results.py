"""Where the results of checks lie, and how they are written and read.

One Parquet file per run below `quality/<company>/results` and `failed_rows`, replaced
whole and atomically. A check that runs again in the same run replaces its earlier result,
so that a retried step leaves one row per check.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from data_quality.checks import CheckResult, FailedRow
from orchestration.lib.settings import Settings

EMPTY_FILE = "_empty.parquet"


class ResultsError(ValueError):
    """Results that cannot be written; the message says why."""


def results_dir(settings: Settings) -> Path:
    """Folder of the results, one file per run."""
    return settings.station("quality") / "results"


def failed_rows_dir(settings: Settings) -> Path:
    """Folder of the rows that failed a check on a mart, one file per run."""
    return settings.station("quality") / "failed_rows"


def ensure_results(settings: Settings) -> None:
    """Write the empty, typed files, so that readers find a table before the first run."""
    for folder, kind in (
        (results_dir(settings), CheckResult),
        (failed_rows_dir(settings), FailedRow),
    ):
        if not (folder / EMPTY_FILE).exists():
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder / EMPTY_FILE, kind, [])


def write_results(settings: Settings, results: Sequence[CheckResult]) -> list[Path]:
    """Add results to the file of their run; returns the files written."""
    ensure_results(settings)
    return _append(results_dir(settings), CheckResult, results, ("gate", "asset", "check_name"))


def write_failed_rows(settings: Settings, rows: Sequence[FailedRow]) -> list[Path]:
    """Add failed rows to the file of their run; returns the files written."""
    ensure_results(settings)
    return _append(failed_rows_dir(settings), FailedRow, rows, ("asset", "check_name"))


def read_results(settings: Settings, last_runs: int | None = None) -> list[CheckResult]:
    """Results in order of run, asset and check; only of the last runs where a number is given."""
    return _read(results_dir(settings), CheckResult, last_runs)


def read_failed_rows(settings: Settings, last_runs: int | None = None) -> list[FailedRow]:
    """Failed rows in order of run, asset and check."""
    return _read(failed_rows_dir(settings), FailedRow, last_runs)


def _append(folder: Path, kind: type, rows: Sequence[Any], replaces: tuple[str, ...]) -> list[Path]:
    written = []
    for run_id in sorted({row.run_id for row in rows}):
        new = [row for row in rows if row.run_id == run_id]
        path = folder / f"{_file_stem(run_id)}.parquet"
        with _locked(folder):
            old = _read_file(path, kind) if path.exists() else []
            again = {tuple(getattr(row, name) for name in replaces) for row in new}
            kept = [r for r in old if tuple(getattr(r, name) for name in replaces) not in again]
            _write(path, kind, [*kept, *new])
        written.append(path)
    return written


def _file_stem(run_id: str) -> str:
    stem = re.sub(r"[^A-Za-z0-9._-]", "_", run_id)
    if not stem or stem.startswith((".", "_")):
        raise ResultsError(
            f"The run id {run_id!r} cannot name a file; begin it with a letter or digit."
        )
    return stem


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one writer at a time read and replace a file of `folder`."""
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _write(path: Path, kind: type, rows: Sequence[Any]) -> None:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    types = {"run_at": pa.timestamp("us"), "success": pa.bool_()}
    types |= dict.fromkeys(("rows_evaluated", "rows_failed"), pa.int64())
    schema = pa.schema([(f.name, types.get(f.name, pa.string())) for f in fields(kind)])
    columns = [pa.array([getattr(r, f.name) for r in rows], type=f.type) for f in schema]
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), beside, compression="zstd")
    os.replace(beside, path)


def _read(folder: Path, kind: type, last_runs: int | None) -> list[Any]:
    if not folder.exists():
        return []
    files = [p for p in folder.glob("*.parquet") if p.name != EMPTY_FILE]
    rows = [row for path in sorted(files) for row in _read_file(path, kind)]
    if last_runs is not None:
        ended: dict[str, Any] = {}
        for row in rows:
            ended[row.run_id] = max(ended.get(row.run_id, row.run_at), row.run_at)
        runs = sorted(ended, key=lambda run_id: (ended[run_id], run_id), reverse=True)
        rows = [row for row in rows if row.run_id in runs[:last_runs]]
    return sorted(rows, key=lambda row: (row.run_at, row.run_id, row.asset, row.check_name))


def _read_file(path: Path, kind: type) -> list[Any]:
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    names = [f.name for f in fields(kind)]
    return [kind(**row) for row in pq.ParquetFile(path).read(columns=names).to_pylist()]

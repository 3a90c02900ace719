"""Ways to make journeys of touchpoints, each run on the same files in a process of its own.

Belongs here: `ours`, `lists` and `windows`, each from the files of `touches` to a table in a
DuckDB file; and `increment`, ours on all days but the last, then the last day on top, which alone
counts. As a command (`python -m orchestration.bench.journeys_rivals NAME FOLDER`) it prints
seconds, peak memory and what the journeys sum to as JSON; with `--keep` the DuckDB file stays.
Doesn't belong here: making touchpoints (see `touches`), and comparing (see `journeys`).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.bench.journeys_by_hand import LISTS, WINDOWS
from orchestration.bench.memory import peak_bytes
from orchestration.bench.touches import BEFORE, DAY
from orchestration.journeys import build_journeys
from orchestration.lib import engine

DESCRIBED = ("path", "path_collapsed", "channel_count", "after_sale_count")

# One number for all journeys, whatever their order and the widths of their whole numbers.
CHECKSUM = """
    select
        count(*) as journeys,
        coalesce(sum(hash(
            person::varchar,
            journey_number::bigint,
            started_at::timestamp,
            last_touch_at::timestamp,
            converted_at::timestamp,
            ended_at::timestamp,
            outcome,
            touch_count::bigint,
            after_sale_count::bigint,
            channel_count::bigint,
            path,
            path_collapsed
        )::hugeint), 0)::varchar as checksum,
    from journeys
"""

Seconds = tuple[float, float]
"""On the clock, and of all processors together: what a busy machine leaves comparable."""


def took(work: Callable[[], object]) -> Seconds:
    """How long the work takes."""
    started, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - used


def ours(connection: duckdb.DuckDBPyConnection) -> Seconds:
    """The project's own journeys, as any user calls them."""
    return took(lambda: build_journeys(connection, "touches", describe=DESCRIBED, keep_steps=False))


def increment(connection: duckdb.DuckDBPyConnection) -> Seconds:
    """The last day's touches, on top of the journeys of all others."""
    built = build_journeys(connection, "touches_before", describe=DESCRIBED)
    return took(lambda: built.update("touches_of_day"))


def by_hand(statements: str) -> Callable[[duckdb.DuckDBPyConnection], Seconds]:
    """SQL that reads `touches` and makes the table `journeys`."""

    def run(connection: duckdb.DuckDBPyConnection) -> Seconds:
        return took(lambda: connection.execute(statements))

    return run


RIVALS: dict[str, Callable[[duckdb.DuckDBPyConnection], Seconds]] = {
    "ours": ours,
    "lists": by_hand(LISTS),
    "windows": by_hand(WINDOWS),
    "increment": increment,
}


def opened(
    folder: Path, database: Path, threads: int, memory: str | None
) -> duckdb.DuckDBPyConnection:
    """A new DuckDB file, with the touches of the folder as views."""
    database.unlink(missing_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "temp_directory": str(folder / "temp"),
        "preserve_insertion_order": False,
    }
    if memory:
        config["memory_limit"] = memory
    connection = duckdb.connect(str(database), config=config)
    connection.execute("set enable_progress_bar = false")
    before, day = folder / BEFORE, folder / DAY
    for view, files in (
        ("touches", (before, day)),
        ("touches_before", (before,)),
        ("touches_of_day", (day,)),
    ):
        listed = ", ".join(engine.text(file) for file in files)
        connection.execute(f"create temp view {view} as from read_parquet([{listed}])")
    return connection


def main(arguments: list[str] | None = None) -> int:
    """Run one of them; seconds without the imports, and the peak of memory in bytes."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.bench.journeys_rivals")
    parser.add_argument("name", choices=RIVALS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--memory", help="limit for DuckDB, such as 1GB")
    parser.add_argument("--keep", action="store_true", help="leave NAME.duckdb in the folder")
    given = parser.parse_args(arguments)
    database = given.folder / f"{given.name}.duckdb"
    with opened(given.folder, database, given.threads, given.memory) as connection:
        seconds, cpu_seconds = RIVALS[given.name](connection)
        peak = peak_bytes()
        journeys, checksum = connection.execute(CHECKSUM).fetchall()[0]
    if not given.keep:
        database.unlink()
    shutil.rmtree(given.folder / "temp", ignore_errors=True)
    found = {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_bytes": peak,
        "journeys": journeys,
        "checksum": checksum,
    }
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())

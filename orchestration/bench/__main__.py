"""Command line: `python -m orchestration.bench`, which `make bench` calls.

Measures ratios on this machine in one run, prints a table and writes data/bench/<name>.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from orchestration.bench.line import BenchError
from orchestration.bench.parts import PARTS, Line, Options, Session
from orchestration.lib.settings import Settings

WIDTH = 140
PACKAGES = (
    "dagster",
    "dagster-dbt",
    "dbt-core",
    "dbt-duckdb",
    "duckdb",
    "great-expectations",
    "splink",
)


def main(arguments: list[str] | None = None) -> int:
    """Measure the chosen parts; returns the exit status, 1 when a measurement failed."""
    settings = Settings.from_environment()
    given = _parse(arguments, settings)
    console = Console(highlight=False, soft_wrap=True, width=max(WIDTH, Console().width))
    started = time.monotonic()

    def say(text: str) -> None:
        console.print(f"{time.monotonic() - started:7.1f} s  {text}")

    options = Options(
        folder=given.folder,
        scale=given.scale,
        seed=given.seed,
        threads=given.threads,
        rounds=given.rounds,
        rows=given.rows,
    )
    session = Session(options, say)
    lines: list[Line] = []
    try:
        for part in given.parts or list(PARTS):
            say(f"part {part}")
            lines += PARTS[part](session)
    except BenchError as error:
        console.print(f"[red]{error}[/]")
        return 1
    console.print(as_table(lines, f"scale {options.scale:g}, {options.threads} threads"))
    path = settings.data_dir / "bench" / f"{given.name or f'scale_{options.scale:g}'}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    report = {**machine(options), "lines": [asdict(x) for x in lines], "numbers": session.numbers}
    path.write_text(json.dumps(report, indent=2), encoding="utf-8")
    say(f"written to {path}")
    return 0


def _parse(arguments: list[str] | None, settings: Settings) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m orchestration.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all if none")
    parser.add_argument("--scale", type=float, default=0.1, help="1 = one million people")
    parser.add_argument("--seed", type=int, default=settings.sample_seed)
    parser.add_argument("--threads", type=int, default=settings.threads)
    parser.add_argument("--rounds", type=int, default=3, help="of what is measured by the median")
    parser.add_argument(
        "--rows",
        type=int,
        help="rows of `ingest` (2 million), of `identity` (two sizes), touches of `journeys` (1, "
        "10 and 50 million), of `attribution` (10 million), clocks of `clock` (a million)",
    )
    parser.add_argument("--name", help="name of the JSON file (default: the scale)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=settings.data_dir / "bench" / "work",
        help="working folder; its folders line, whole, empty, ingestion, identity, journeys, "
        "attribution and clock are made anew",
    )
    given = parser.parse_args(arguments)
    unknown = [part for part in given.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    too_few = given.rounds < 1 or (given.rows is not None and given.rows < 1)
    if too_few or not 0 < given.scale <= 20:
        parser.error("--rounds and --rows are 1 at least, --scale is above 0 and 20 at most")
    return given


def machine(options: Options) -> dict[str, Any]:
    """What the numbers depend on."""
    load = os.getloadavg()[0]
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processors": os.cpu_count(),
        "processors_allowed": len(os.sched_getaffinity(0)),
        "processes_waiting": round(load, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "scale": options.scale,
        "seed": options.seed,
        "threads": options.threads,
        "rounds": options.rounds,
    }


def as_table(lines: list[Line], title: str) -> Table:
    """The lines for a terminal."""
    table = Table(title=title)
    for name in ("what", "measured", "against", "ratio", "aim", ""):
        table.add_column(name, justify="right" if name in ("ratio", "aim") else "left")
    words = {True: "[green]reached[/]", False: "[red]missed[/]", None: ""}
    for line in lines:
        value = f"{line.value:.2f} {line.unit}"
        aim = "" if line.aim is None else f"{line.aim:.2f} {line.unit}"
        cells = (line.what, line.measured, line.against, value, aim, words[line.reached])
        table.add_row(*cells)
    return table


if __name__ == "__main__":
    sys.exit(main())

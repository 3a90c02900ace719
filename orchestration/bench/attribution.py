"""Attribution, measured: the project's against the package ChannelAttribution, on the same paths.

Belongs here: paths of made-up journeys, the package's environment (it is GPL-3 and stays out of
the project's), each in a process of its own, what they took, and how far apart they are.
Doesn't belong here: running them (see `attribution_runs`), the definition (`attribution_naive`).
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from orchestration.bench import attribution_naive, attribution_runs, journeys, touches
from orchestration.bench.journeys import Compared
from orchestration.bench.line import BenchError
from orchestration.lib import engine
from orchestration.lib.settings import PROJECT_ROOT

PACKAGE = ("ChannelAttribution==2.2.5", "matplotlib", "pandas")
ROWS, ROWS_OF_MANY_CHANNELS = 10_000_000, 1_000_000
MANY_CHANNELS = 300
MOST_DIFFERENCE_OF_RULES, MOST_DIFFERENCE = 1e-12, 1e-9
MOST_OF_PACKAGE, MOST_OF_PACKAGE_MANY, MOST_OF_BUILD = 100 / 8, 100 / 400, 3.0

# Aggregated paths, as analysts have them. What a conversion was worth is made up here.
_PATHS = """
    copy (
        select
            path,
            count(*) filter (where outcome = 'converted') as conversions,
            coalesce(
                sum((500 + hash(person, journey_number) % 20000)::decimal(18, 2) / 100)
                    filter (where outcome = 'converted'),
                0
            )::decimal(18, 2) as value,
            count(*) filter (where outcome <> 'converted') as nulls,
        from journeys
        where path <> ''
        group by path
        order by path
    ) to {target} (header)
"""

Owed = dict[str, list[float]]


@dataclass(frozen=True)
class PathSet:
    """One file of paths: how many touches and channels it comes from, which orders are asked."""

    touches: int
    channels: int
    orders: tuple[int, ...]
    most_of_package: float

    @property
    def name(self) -> str:
        """The set in words."""
        return f"{self.channels} channels"


@dataclass(frozen=True)
class Measured:
    """Both on one set of paths; `package` is None where it couldn't be installed."""

    paths: PathSet
    number: int
    build_seconds: float
    ours: dict[str, Any]
    package: dict[str, Any] | None
    exact: dict[str, dict[str, float]]


def sets(rows: int | None) -> tuple[PathSet, PathSet]:
    """Paths of few channels, and of many."""
    some = rows or ROWS
    few = min(some, ROWS_OF_MANY_CHANNELS)
    return (
        PathSet(some, touches.CHANNELS, (1, 2, 3), MOST_OF_PACKAGE),
        PathSet(few, MANY_CHANNELS, (1,), MOST_OF_PACKAGE_MANY),
    )


def environment(folder: Path) -> tuple[Path | None, str]:
    """Python with the package in `folder`, made if need be; or None, and why not."""
    python = folder / "bin" / "python"
    if not _works(python):
        shutil.rmtree(folder, ignore_errors=True)
        for command in (
            (sys.executable, "-m", "venv", str(folder)),
            (str(python), "-m", "pip", "install", "--quiet", *PACKAGE),
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                said = (done.stderr.strip() or "no reason given").splitlines()[-1]
                return None, f"{PACKAGE[0]} can't be installed: {said[:150]}"
    return (python, "") if _works(python) else (None, f"{PACKAGE[0]} can't be imported")


def _works(python: Path) -> bool:
    if not python.exists():
        return False
    command = [str(python), "-c", "import ChannelAttribution"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def measured(
    folder: Path, chosen: PathSet, python: Path | None, seed: int, threads: int, rounds: int
) -> Measured:
    """Make journeys and their paths, then attribute them both ways; `folder` is gone in the end.

    Raises:
        BenchError: one of them failed.
    """
    journeys.enough_disk(folder, chosen.touches)
    touches.write_files(folder, chosen.touches, seed, threads, chosen.channels)
    built = journeys.run("ours", folder, threads, keep=True)
    file = folder / "paths.csv"
    number = write_paths(folder / "ours.duckdb", file)
    ours = _run(sys.executable, "ours", file, chosen.orders, threads, rounds)
    package = _run(str(python), "package", file, chosen.orders, threads, 1) if python else None
    exact = exactly(file, chosen.orders)
    shutil.rmtree(folder)
    return Measured(chosen, number, built["seconds"], ours, package, exact)


def write_paths(database: Path, target: Path) -> int:
    """Write the paths of the journeys in a DuckDB file; how many there are."""
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute(_PATHS.format(target=engine.text(target)))
        counted = f"select count(*) from read_csv({engine.text(target)})"
        return int(connection.execute(counted).fetchall()[0][0])


def _run(
    python: str, who: str, file: Path, orders: tuple[int, ...], threads: int, rounds: int
) -> dict[str, Any]:
    target = file.with_name(f"{who}.json")
    done = subprocess.run(
        [
            *(python, str(Path(attribution_runs.__file__)), who, str(file), str(target)),
            *("--rounds", str(rounds), "--orders", *map(str, orders)),
        ],
        cwd=PROJECT_ROOT,
        env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"Attribution by {who} failed on {file}:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    return found


def exactly(file: Path, orders: tuple[int, ...]) -> dict[str, dict[str, float]]:
    """What the definition of each order of the Markov model owes to each channel."""
    with file.open(encoding="utf-8", newline="") as lines:
        paths = [
            (tuple(row["path"].split(" > ")), float(row["conversions"]), float(row["nulls"]))
            for row in csv.DictReader(lines)
        ]
    return {str(order): attribution_naive.markov(paths, order) for order in orders}


def comparisons(found: Measured, why_not: str) -> list[Compared]:
    """Against the definition, the package, and the time that the journeys took."""
    lines: list[Compared] = []
    for order, exact in found.exact.items():
        owed = {channel: both[0] for channel, both in found.ours["markov"][order]["owed"].items()}
        apart = apart_by(owed, exact)
        what = f"{found.paths.name}: Markov order {order}"
        told = (f"{apart:.0e} apart", "by its definition")
        lines.append((what, *told, apart, MOST_DIFFERENCE, ""))
    lines += against_package(found) if found.package else [_not_measured(found, why_not)]
    seconds = median(found.ours["all"]["seconds"])
    share = 100 * seconds / found.build_seconds
    aim = MOST_OF_BUILD if found.paths.touches >= ROWS else None
    what = f"{found.paths.name}: all models, {found.number:,} paths"
    told = (f"{seconds:.2f} s", f"{found.build_seconds:.1f} s of making the journeys")
    return [*lines, (what, *told, share, aim, "%")]


def against_package(found: Measured) -> list[Compared]:
    """Lines that compare credit and seconds with the package's."""
    ours, package = found.ours, found.package or {}
    name = found.paths.name
    lines: list[Compared] = []
    apart = max(
        apart_by({c: x[kind] for c, x in owed.items()}, {c: x[kind] for c, x in others.items()})
        for owed, others in _by_rule(ours, package)
        for kind in (0, 1)
    )
    told = (f"{apart:.0e} apart", "ChannelAttribution")
    what = f"{name}: first, last, linear"
    lines.append((what, *told, apart, MOST_DIFFERENCE_OF_RULES, ""))
    lines.append((f"{what}: time", *_times(ours["rules"], package["rules"]), None, "%"))
    for order, exact in found.exact.items():
        of_order = (ours["markov"][order], package["markov"][order])
        most = found.paths.most_of_package
        lines.append((f"{name}: Markov order {order}: time", *_times(*of_order), most, "%"))
        simulated = {channel: both[0] for channel, both in of_order[1]["owed"].items()}
        off = 100 * max(abs(simulated.get(c, 0.0) / exact[c] - 1) for c in exact if exact[c] > 0)
        what = f"{name}: Markov order {order}: a channel's credit is off by up to"
        lines.append((what, "ChannelAttribution", "by its definition", off, None, "%"))
    return lines


def _by_rule(ours: dict[str, Any], package: dict[str, Any]) -> list[tuple[Owed, Owed]]:
    return [
        (ours["rules"]["owed"][rule], package["rules"]["owed"][rule])
        for rule in attribution_runs.RULES
    ]


def _not_measured(found: Measured, why_not: str) -> Compared:
    what = f"{found.paths.name}: against ChannelAttribution"
    return (what, "not measured", why_not, 0.0, None, "")


def apart_by(owed: dict[str, float], other: dict[str, float]) -> float:
    """The most that one channel's credit differs, as a share of all credit."""
    total = sum(abs(amount) for amount in other.values())
    channels = owed.keys() | other.keys()
    apart = max(abs(owed.get(name, 0.0) - other.get(name, 0.0)) for name in channels)
    return apart / total if total else apart


def _times(ours: dict[str, Any], package: dict[str, Any]) -> tuple[str, str, float]:
    held, theirs = median(ours["seconds"]), median(package["seconds"])
    return f"{held:.3f} s", f"{theirs:.2f} s ChannelAttribution", 100 * held / theirs

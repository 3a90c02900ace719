"""Touchpoints to journeys, measured: the project's journeys against the same by hand.

Belongs here: made-up touchpoints in several sizes, each way of making journeys of them in a process
of its own, that all come to the same journeys, and what that took in time and memory.
Doesn't belong here: the touchpoints (see `touches`), the ways (see `journeys_rivals`).
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from orchestration.bench import touches
from orchestration.bench.line import BenchError
from orchestration.lib.settings import PROJECT_ROOT

SIZES = (1_000_000, 10_000_000, 50_000_000)
MANY = 50_000_000
"""From so many touches on each way runs once, and the aims for many hold."""
SOME = 10_000_000
BYTES_PER_TOUCH = 300
MOST_BY_HAND, MOST_OF_WINDOWS, MOST_WITH_LITTLE_MEMORY = 1.15, 1 / 3, 1.4
MOST_DAY, MOST_DAY_OF_MANY, MOST_EXPONENT = 4.0, 2.0, 1.05

# Name of a run, the way that it takes, and DuckDB's limit of memory.
RUNS = (
    ("ours", "ours", None),
    ("lists", "lists", None),
    ("windows", "windows", None),
    ("ours, 4 GB", "ours", "4GB"),
    ("ours, 1 GB", "ours", "1GB"),
    ("increment", "increment", None),
)

Compared = tuple[str, str, str, float, float | None, str]
"""A line of the table: what, measured, against, ratio, the most it may be, its unit."""


@dataclass(frozen=True)
class Outcome:
    """How one run did: the medians of the seconds, the most memory, and what came out."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    journeys: int
    checksum: str


class NotEnoughMemory(BenchError):
    """One way needs more memory than the engine may take."""


@dataclass(frozen=True)
class Measured:
    """All runs on one number of touches."""

    rows: int
    outcomes: dict[str, Outcome]

    @property
    def name(self) -> str:
        """The set in words."""
        return f"{self.rows / 1e6:g} million touches"


def measured(
    folder: Path, rows: int | None, seed: int, threads: int, rounds: int
) -> Iterator[Measured]:
    """Measure each size in turn, or `rows` touches; `folder` is made anew and gone in the end.

    Windows hold all touches in memory at once: where it is too small for them, they are left out.

    Raises:
        BenchError: a run failed, two came to other journeys, or the disk is too small.
    """
    for size in SIZES if rows is None else (rows,):
        enough_disk(folder, size)
        touches.write_files(folder, size, seed, threads)
        found: dict[str, list[dict[str, Any]]] = {name: [] for name, _, _ in RUNS}
        for _ in range(1 if size >= MANY else rounds):
            for name, way, memory in RUNS:
                try:
                    found[name].append(run(way, folder, threads, memory))
                except NotEnoughMemory:
                    if name != "windows":
                        raise
        outcomes = {name: _outcome(runs) for name, runs in found.items() if runs}
        agree(outcomes)
        yield Measured(size, outcomes)
        shutil.rmtree(folder)


def enough_disk(folder: Path, rows: int) -> None:
    """Raise BenchError unless there is room for touches, journeys and what memory can't hold."""
    folder.mkdir(parents=True, exist_ok=True)
    free, need = shutil.disk_usage(folder).free, rows * BYTES_PER_TOUCH
    if free < need:
        raise BenchError(
            f"{folder} has {free / 1e9:.1f} GB free, journeys of {rows:,} touches want "
            f"{need / 1e9:.1f} GB. Name another folder with --folder, or fewer --rows."
        )


def run(
    way: str, folder: Path, threads: int, memory: str | None = None, keep: bool = False
) -> dict[str, Any]:
    """Make journeys of the folder's touches in one way; what `journeys_rivals` prints."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "orchestration.bench.journeys_rivals", way, str(folder)),
            *("--threads", str(threads)),
            *(("--memory", memory) if memory else ()),
            *(("--keep",) if keep else ()),
        ],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        limit = f" with {memory}" if memory else ""
        kind = NotEnoughMemory if "OutOfMemoryException" in done.stderr else BenchError
        raise kind(f"{way}{limit} failed on {folder}:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _outcome(runs: list[dict[str, Any]]) -> Outcome:
    sums = {(one["journeys"], one["checksum"]) for one in runs}
    if len(sums) > 1:
        raise BenchError(f"Runs of one way came to other journeys each time: {sorted(sums)}.")
    journeys, checksum = sums.pop()
    seconds, cpu = (median(one[kind] for one in runs) for kind in ("seconds", "cpu_seconds"))
    return Outcome(seconds, cpu, max(one["peak_bytes"] for one in runs), journeys, checksum)


def agree(outcomes: dict[str, Outcome]) -> None:
    """Raise BenchError unless all came to the same journeys: only then times compare."""
    sums = {name: (one.journeys, one.checksum) for name, one in outcomes.items()}
    if len(set(sums.values())) > 1:
        told = "; ".join(f"{name}: {count:,} ({sum_})" for name, (count, sum_) in sums.items())
        raise BenchError(f"The ways come to different journeys (number and checksum): {told}.")


def comparisons(found: Measured) -> list[Compared]:
    """Time, memory, limits and increment of one size."""
    name, many = found.name, found.rows >= MANY
    one = found.outcomes
    ours, lists, windows = one["ours"], one["lists"], one.get("windows")
    some, little, day = (one[way] for way in ("ours, 4 GB", "ours, 1 GB", "increment"))
    share = 100 * day.seconds / ours.seconds
    most_day = MOST_DAY_OF_MANY if many else MOST_DAY if found.rows >= SOME else None
    return [
        (f"{name}: time", *_times(ours, lists, "lists by hand"), MOST_BY_HAND, "x"),
        *_windows(name, ours, windows, MOST_OF_WINDOWS if many else None),
        (f"{name}: processor time", *_processor(ours, lists, "lists by hand"), None, "x"),
        (f"{name}: memory", *_memory(ours, lists, "lists by hand"), None, "x"),
        (f"{name}: time with 4 GB", *_limited(some, ours), None, "x"),
        (f"{name}: time with 1 GB", *_limited(little, ours), MOST_WITH_LITTLE_MEMORY, "x"),
        (
            f"{name}: one day more",
            f"{day.seconds:.2f} s",
            f"{ours.seconds:.1f} s all days",
            share,
            most_day,
            "%",
        ),
    ]


def _windows(
    name: str, ours: Outcome, windows: Outcome | None, aim: float | None
) -> list[Compared]:
    if windows is None:
        told = (f"{ours.seconds:.2f} s", "windows: out of memory")
        return [(f"{name}: time", *told, 0.0, None, "x")]
    return [
        (f"{name}: time", *_times(ours, windows, "windows"), aim, "x"),
        (f"{name}: memory", *_memory(ours, windows, "windows"), None, "x"),
    ]


def growth(sets: list[Measured]) -> list[Compared]:
    """With which power of the touches the time grows, from size to size."""
    lines: list[Compared] = []
    for less, more in pairwise(sets):
        times = more.outcomes["ours"].seconds / less.outcomes["ours"].seconds
        size = more.rows / less.rows
        what = f"{less.name} to {more.rows / 1e6:g}: exponent of time"
        told = (f"{times:.2f} x time", f"{size:g} x touches")
        lines.append((what, *told, math.log(times) / math.log(size), MOST_EXPONENT, ""))
    return lines


def _times(ours: Outcome, other: Outcome, name: str) -> tuple[str, str, float]:
    ratio = ours.seconds / other.seconds
    return f"{ours.seconds:.2f} s", f"{other.seconds:.2f} s {name}", ratio


def _processor(ours: Outcome, other: Outcome, name: str) -> tuple[str, str, float]:
    held, theirs = ours.cpu_seconds, other.cpu_seconds
    return f"{held:.2f} s", f"{theirs:.2f} s {name}", held / theirs


def _memory(ours: Outcome, other: Outcome, name: str) -> tuple[str, str, float]:
    held, theirs = ours.peak_bytes / 1e9, other.peak_bytes / 1e9
    return f"{held:.2f} GB", f"{theirs:.2f} GB {name}", held / theirs


def _limited(limited: Outcome, free: Outcome) -> tuple[str, str, float]:
    ratio = limited.seconds / free.seconds
    held = f"{limited.seconds:.2f} s, {limited.peak_bytes / 1e9:.2f} GB"
    return held, f"{free.seconds:.2f} s without limit", ratio

"""Who is who, judged: the project's resolution against rules by hand and against plain Splink.

Belongs here: made-up records of known people, each rival on the same file in a process of its
own, and how far each is from the truth, in what time and memory.
Doesn't belong here: the records (see `identity_people`) and the rivals (see `identity_rivals`).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from orchestration.bench import identity_people
from orchestration.bench.identity_rivals import RIVALS
from orchestration.bench.line import BenchError
from orchestration.identity.measure import Scores, measure
from orchestration.lib.settings import PROJECT_ROOT

# Records and noise of the sets that are measured when none is asked for.
SETS = ((100_000, 0.5), (100_000, 1.0), (100_000, 2.0), (1_000_000, 1.0))


@dataclass(frozen=True)
class Outcome:
    """How one rival did on one set; the median of the seconds, the most memory."""

    rival: str
    scores: Scores
    seconds: float
    peak_bytes: int

    def as_dict(self) -> dict[str, Any]:
        """For the report."""
        scores = self.scores.as_dict()
        return {"seconds": self.seconds, "peak_bytes": self.peak_bytes, **scores}


@dataclass(frozen=True)
class Measured:
    """All rivals on one set."""

    rows: int
    noise: float
    outcomes: dict[str, Outcome]

    @property
    def name(self) -> str:
        """The set in words."""
        return f"{self.rows / 1000:g}k records, noise {self.noise:g}"


def sets(rows: int | None) -> tuple[tuple[int, float], ...]:
    """Records and noise of each set: the usual ones, or one of `rows` records."""
    return SETS if rows is None else ((rows, 1.0),)


def measured(
    folder: Path, rows: int | None, seed: int, threads: int, rounds: int
) -> Iterator[Measured]:
    """Measure each set in turn; `folder` is made anew and gone in the end."""
    shutil.rmtree(folder, ignore_errors=True)
    for number, noise in sets(rows):
        identity_people.write_files(folder, number, noise, seed, threads)
        runs: dict[str, list[dict[str, float]]] = {rival: [] for rival in RIVALS}
        for _ in range(rounds):
            for rival in RIVALS:
                runs[rival].append(run(rival, folder, threads))
        outcomes = {rival: _outcome(rival, folder, found) for rival, found in runs.items()}
        yield Measured(number, noise, outcomes)
    shutil.rmtree(folder)


def run(rival: str, folder: Path, threads: int) -> dict[str, float]:
    """Run a rival on `records.parquet` of the folder; its seconds and peak memory."""
    target = folder / f"{rival}.parquet"
    target.unlink(missing_ok=True)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "orchestration.bench.identity_rivals", rival),
            *(str(folder / "records.parquet"), str(target)),
            *("--threads", str(threads)),
        ],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"{rival} failed on {folder / 'records.parquet'}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _outcome(rival: str, folder: Path, found: list[dict[str, float]]) -> Outcome:
    with duckdb.connect() as connection:
        scores = measure(connection, folder / f"{rival}.parquet", folder / "truth.parquet")
    return Outcome(
        rival,
        scores,
        median(one["seconds"] for one in found),
        int(max(one["peak_bytes"] for one in found)),
    )


def comparisons(found: Measured) -> list[tuple[str, str, str, float, float | None]]:
    """Lines of the table: what, ours, the other's, ratio, and the most it may be."""
    ours, splink, rules = (found.outcomes[name] for name in ("ours", "splink", "rules"))
    pairs = _errors(ours.scores.f1, splink.scores.f1)
    bcubed = _errors(ours.scores.bcubed_f1, splink.scores.bcubed_f1)
    by_rules = _errors(ours.scores.f1, rules.scores.f1)
    memory = _against(ours.peak_bytes / 1e9, splink.peak_bytes / 1e9, "GB")
    name = found.name
    return [
        (f"{name}: errors", _pairs(ours), f"{_pairs(splink)} Splink", pairs, 1.0),
        (f"{name}: errors, B-cubed", _bcubed(ours), f"{_bcubed(splink)} Splink", bcubed, 1.0),
        (f"{name}: errors", _pairs(ours), f"{_pairs(rules)} rules", by_rules, 1.0),
        (f"{name}: time", *_against(ours.seconds, splink.seconds, "s"), 1.0),
        (f"{name}: memory", *memory, None),
    ]


def _errors(ours: float, theirs: float) -> float:
    """How far ours is from 1 for each step that theirs is."""
    return (1 - ours) / max(1 - theirs, 1e-9)


def _pairs(one: Outcome) -> str:
    scores = one.scores
    return f"F1 {scores.f1:.3f} ({scores.precision:.3f}, {scores.recall:.3f})"


def _bcubed(one: Outcome) -> str:
    return f"F1 {one.scores.bcubed_f1:.4f}"


def _against(ours: float, theirs: float, unit: str) -> tuple[str, str, float]:
    return f"{ours:.1f} {unit}", f"{theirs:.1f} {unit} Splink", ours / theirs

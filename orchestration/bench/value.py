"""Customer value, measured: counting, learning and foretelling for a million customers.

Belongs here: made-up purchases from known parameters, the package's ways and the plain ones on the
same file, each in a process of its own, and how near the parameters come.
Doesn't belong here: the plain ways themselves (see `value_by_hand`).
"""

from __future__ import annotations

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
import numpy as np
import pandas as pd

from orchestration.bench.journeys import Compared
from orchestration.bench.line import BenchError
from orchestration.lib.settings import PROJECT_ROOT

ROWS = 1_000_000
PLANTED = {"r": 0.6, "alpha": 150.0, "a": 0.8, "b": 2.5, "p": 6.25, "q": 3.74, "v": 15.44}
FIRST, DAYS, HORIZON = "2023-01-01", 730, 365.0
MOST_OFF, MOST_APART = 5.0, 1e-4
WAYS = ("ours", "by_hand")


@dataclass(frozen=True)
class Measured:
    """What each way took and found on purchases of so many customers."""

    customers: int
    purchases: int
    ways: dict[str, dict[str, Any]]


def measured(folder: Path, rows: int | None, seed: int, rounds: int) -> Measured:
    """Make purchases and value their customers both ways; `folder` is gone in the end.

    Raises:
        BenchError: a way failed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    file = folder / "purchases.parquet"
    purchases = write_purchases(file, rows or ROWS, seed)
    ways = {who: _run(who, file, rounds) for who in WAYS}
    shutil.rmtree(folder)
    return Measured(rows or ROWS, purchases, ways)


def write_purchases(file: Path, customers: int, seed: int) -> int:
    """Write purchases of customers who behave as BG/NBD and Gamma-Gamma say; how many they are.

    Customers come in the first half of two years and buy at rates and leave with probabilities of
    their own. A purchase is dated by its day.
    """
    random = np.random.default_rng(seed)
    p = PLANTED
    rate = random.gamma(p["r"], 1 / p["alpha"], customers)
    leaves = random.beta(p["a"], p["b"], customers)
    scale = random.gamma(p["q"], 1 / p["v"], customers)
    who = np.arange(customers)
    now = random.integers(0, DAYS // 2, customers) + random.random(customers)
    found = []
    while who.size:
        money = random.gamma(p["p"], 1 / scale[who])
        found.append(
            pd.DataFrame(
                {"customer": who, "day": now.astype(np.int32), "amount": money.round(2) + 0.01}
            )
        )
        stays = (random.random(who.size) >= leaves[who]) | (len(found) == 1)
        who, now = who[stays], now[stays]
        now = now + random.exponential(1, who.size) / rate[who]
        seen = now < DAYS
        who, now = who[seen], now[seen]
    rows = pd.concat(found, ignore_index=True)
    with duckdb.connect() as connection:
        connection.register("made", rows)
        connection.execute(
            f"copy (select customer, date '{FIRST}' + day as bought_on, amount from made "
            f"order by hash(customer, day)) to '{file}'"
        )
    return len(rows)


def _run(who: str, file: Path, rounds: int) -> dict[str, Any]:
    target = file.with_name(f"{who}.json")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "orchestration.bench.value_by_hand", who, str(file)),
            *(str(target), "--rounds", str(rounds)),
        ],
        cwd=PROJECT_ROOT,
        env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"Customer value {who} failed on {file}:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    return found


def comparisons(found: Measured) -> list[Compared]:
    """Seconds of each step, memory, how far the ways are apart, and from what was planted."""
    ours, hand = found.ways["ours"], found.ways["by_hand"]
    lines: list[Compared] = []
    for step in ours["seconds"]:
        held, theirs = (median(way["seconds"][step]) for way in (ours, hand))
        told = (f"{held:.2f} s", f"{theirs:.2f} s by hand")
        lines.append((f"value: {step}", *told, held / theirs, None, "x"))
    total = sum(median(seconds) for seconds in ours["seconds"].values())
    what = f"value: {found.customers:,} customers, {found.purchases:,} purchases"
    lines.append((what, f"{total:.2f} s", f"{ours['bytes'] / 1e9:.2f} GB", total, None, "s"))
    apart = max(
        abs(ours["foretold"][name] / hand["foretold"][name] - 1) for name in ours["foretold"]
    )
    told = (f"{apart:.0e} apart", "by hand")
    lines.append(("value: orders and value foretold", *told, apart, MOST_APART, ""))
    off = {name: 100 * abs(ours["parameters"][name] / true - 1) for name, true in PLANTED.items()}
    worst = max(off, key=lambda name: off[name])
    told = (f"{worst} {ours['parameters'][worst]:.4g}", f"{PLANTED[worst]:.4g} planted")
    aim = MOST_OFF if found.customers >= ROWS else None
    return [*lines, ("value: parameter furthest off", *told, off[worst], aim, "%")]

"""Attribution of one file of paths, by the project or by the package ChannelAttribution.

Belongs here: reading the paths (CSV: path, conversions, value, nulls), each model's seconds, and
what each channel is owed, as JSON. Runs as `attribution_runs.py WHO PATHS ORDERS` in either
environment, so that it imports what one of them lacks only where it is used.
Doesn't belong here: the paths, the package's environment, and comparing (see `attribution`).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

RULES = ("first_touch", "last_touch", "linear")
SEED = 1

Owed = dict[str, list[float]]
"""Conversions and value of each channel."""


def ours_by_rule(paths: pd.DataFrame) -> dict[str, Owed]:
    """First touch, last touch and linear."""
    from orchestration.attribution import attribute

    credit = attribute(paths, RULES).credit.to_pylist()
    return {
        rule: {
            row["channel"]: [row["conversions"], row["value"]]
            for row in credit
            if row["attribution_model"] == rule
        }
        for rule in RULES
    }


def ours_by_markov(paths: pd.DataFrame, order: int) -> Owed:
    """A Markov chain's removal effects, of conversions and of value."""
    from orchestration.attribution import attribute

    credit = attribute(paths, "markov", markov_order=order).credit.to_pylist()
    return {row["channel"]: [row["conversions"], row["value"]] for row in credit}


def ours_all(paths: pd.DataFrame) -> None:
    """All models, side by side."""
    from orchestration.attribution import attribute

    attribute(paths)


def package_by_rule(paths: pd.DataFrame) -> dict[str, Owed]:
    """First touch, last touch and linear."""
    from ChannelAttribution import heuristic_models

    found = heuristic_models(
        paths, "path", "conversions", var_value="value", sep=">", flg_pro=False
    )
    columns = {"first_touch": "first_touch", "last_touch": "last_touch", "linear": "linear_touch"}
    return {
        rule: {
            row["channel_name"]: [row[f"{column}_conversions"], row[f"{column}_value"]]
            for row in found.to_dict("records")
        }
        for rule, column in columns.items()
    }


def package_by_markov(paths: pd.DataFrame, order: int) -> Owed:
    """Its Markov chain of this order, simulated, with its default settings and a fixed seed."""
    from ChannelAttribution import markov_model

    found = markov_model(
        paths,
        "path",
        "conversions",
        var_value="value",
        var_null="nulls",
        order=order,
        sep=">",
        seed=SEED,
        verbose=False,
        flg_pro=False,
    )
    return {
        row["channel_name"]: [row["total_conversions"], row["total_conversion_value"]]
        for row in found.to_dict("records")
    }


def timed(work: Callable[[], Any], rounds: int) -> tuple[list[float], Any]:
    """Seconds of each round, and what the last one found."""
    seconds: list[float] = []
    found: Any = None
    for _ in range(rounds):
        started = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - started)
    return seconds, found


def measure(who: str, paths: pd.DataFrame, orders: list[int], rounds: int) -> dict[str, Any]:
    """Seconds and credit of the rules and of each order of the chain."""
    is_ours = who == "ours"
    by_rule = ours_by_rule if is_ours else package_by_rule
    by_markov = ours_by_markov if is_ours else package_by_markov
    seconds, owed = timed(partial(by_rule, paths), rounds)
    result: dict[str, Any] = {"rules": {"seconds": seconds, "owed": owed}, "markov": {}}
    for order in orders:
        seconds, owed = timed(partial(by_markov, paths, order), rounds)
        result["markov"][str(order)] = {"seconds": seconds, "owed": owed}
    if is_ours:
        result["all"] = {"seconds": timed(partial(ours_all, paths), rounds)[0]}
    return result


def main(arguments: list[str] | None = None) -> int:
    """Run all models of one of them on a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("who", choices=("ours", "package"))
    parser.add_argument("paths", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--orders", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args(arguments)
    paths = pd.read_csv(given.paths, keep_default_na=False)
    # Libraries cost the same whatever the number of paths: they are not what is measured.
    measure(given.who, paths.head(100), [1], 1)
    found = measure(given.who, paths, given.orders, given.rounds)
    given.target.write_text(json.dumps(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Customer value of one file of purchases, by the project or by hand.

Belongs here: seconds of counting, learning and foretelling, memory, and what was found, as JSON.
By hand is what an analyst writes from the papers: SQL over typed columns, the published
likelihood over every customer with the same gradient and the same optimiser, one start, and the
published expectation.
Doesn't belong here: the purchases and the comparison (see `value`).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, hyp2f1

from orchestration.bench.memory import peak_bytes
from orchestration.bench.value import DAYS, FIRST, HORIZON
from orchestration.customer_value import fit_bg_nbd, fit_gamma_gamma, summarize
from orchestration.customer_value.counts import counted
from orchestration.customer_value.fitting import Floats

END = f"date '{FIRST}' + {DAYS - 1}"
SUMMARY = f"""
    with days as (
        select customer, bought_on, sum(amount) as amount from '{{file}}' group by all
    ),
    firsts as (select customer, min(bought_on) as first_on from days group by customer)
    select
        count(*) - 1 as frequency,
        max(bought_on) - min(bought_on) as recency,
        {END} - min(bought_on) as age,
        sum(amount) filter (bought_on > first_on) / nullif(count(*) - 1, 0) as monetary,
    from days inner join firsts using (customer)
    group by customer
"""


def ours_count(file: Path) -> pd.DataFrame:
    """By the library, from the file."""
    end = str((pd.Timestamp(FIRST) + pd.Timedelta(days=DAYS - 1)).date())
    return summarize(
        file, "customer", "bought_on", "amount", unit="day", observation_end=end
    ).customers


def ours_learn(rows: pd.DataFrame) -> Any:
    """Both models."""
    return (
        fit_bg_nbd(rows["frequency"], rows["recency"], rows["age"]),
        fit_gamma_gamma(rows["frequency"], rows["monetary"]),
    )


def ours_foretell(rows: pd.DataFrame, models: Any) -> tuple[Floats, Floats]:
    """Once for customers alike."""
    purchases, spend = models
    alike = counted(rows["frequency"], rows["recency"], rows["age"])
    once = purchases.expected_purchases(HORIZON, alike.frequency, alike.recency, alike.age)
    told = once[alike.kind]
    return told, told * spend.expected_average_value(rows["frequency"], rows["monetary"])


def hand_count(file: Path) -> pd.DataFrame:
    """SQL over typed columns."""
    with duckdb.connect() as connection:
        return connection.execute(SUMMARY.format(file=file)).df().astype(np.float64)


def hand_learn(rows: pd.DataFrame) -> Any:
    """Over every customer, as published."""
    x, tx, t = (rows[name].to_numpy() for name in ("frequency", "recency", "age"))
    came = x > 0
    money = rows["monetary"].to_numpy()[came]
    found = []
    for likelihood, start in (
        (lambda logs: _bg_nbd(np.exp(logs), x, tx, t), (1.0, float(t.mean()), 1.0, 1.0)),
        (lambda logs: _gamma_gamma(np.exp(logs), x[came], money), (1.0, 2.0, float(money.mean()))),
    ):
        best = minimize(
            likelihood,
            np.log(start),
            jac=True,
            method="L-BFGS-B",
            options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500},
        )
        found.append(np.exp(best.x))
    return tuple(found)


def hand_foretell(rows: pd.DataFrame, models: Any) -> tuple[Floats, Floats]:
    """The published expectation, for each customer."""
    (r, alpha, a, b), (p, q, v) = models
    x, tx, t = (rows[name].to_numpy() for name in ("frequency", "recency", "age"))
    series = hyp2f1(r + x, b + x, a + b + x - 1, HORIZON / (alpha + t + HORIZON))
    rest = 1 - ((alpha + t) / (alpha + t + HORIZON)) ** (r + x) * series
    order = np.where(x > 0, b + x - 1, 1.0)
    gone = np.where(x > 0, a / order * ((alpha + t) / (alpha + tx)) ** (r + x), 0)
    told = (a + b + x - 1) / (a - 1) * rest / (1 + gone)
    money = np.where(x > 0, rows["monetary"].to_numpy(), 0)
    return told, told * p * (v + x * money) / (p * x + q - 1)


def _bg_nbd(parameters: Floats, x: Floats, tx: Floats, t: Floats) -> tuple[float, Floats]:
    r, alpha, a, b = parameters
    log_t, log_tx = np.log(alpha + t), np.log(alpha + tx)
    order = np.where(x > 0, b + x - 1, 1.0)
    left = np.where(x > 0, np.log(a) - np.log(order) - (r + x) * log_tx, -np.inf)
    both = np.logaddexp(-(r + x) * log_t, left)
    alive = np.exp(-(r + x) * log_t - both)
    value = (
        gammaln(r + x) - gammaln(r) + r * np.log(alpha) + gammaln(a + b) + gammaln(b + x)
        - gammaln(b) - gammaln(a + b + x) + both
    )  # fmt: skip
    joint = digamma(a + b) - digamma(a + b + x)
    slope = [
        digamma(r + x) - digamma(r) + np.log(alpha) - alive * log_t - (1 - alive) * log_tx,
        r / alpha - (r + x) * (alive / (alpha + t) + (1 - alive) / (alpha + tx)),
        joint + (1 - alive) / a,
        joint + digamma(b + x) - digamma(b) - (1 - alive) / order,
    ]
    return -float(value.mean()), -np.array([one.mean() for one in slope]) * parameters


def _gamma_gamma(parameters: Floats, x: Floats, m: Floats) -> tuple[float, Floats]:
    p, q, v = parameters
    px, log_both = p * x, np.log(x * m + v)
    value = (
        gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(v)
        + (px - 1) * np.log(m) + px * np.log(x) - (px + q) * log_both
    )  # fmt: skip
    slope = [
        x * (digamma(px + q) - digamma(px) + np.log(m * x) - log_both),
        digamma(px + q) - digamma(q) + np.log(v) - log_both,
        q / v - (px + q) / (x * m + v),
    ]
    return -float(value.mean()), -np.array([one.mean() for one in slope]) * parameters


def measure(who: str, file: Path, rounds: int) -> dict[str, Any]:
    """Seconds of each step in each round, memory, parameters, and the sums foretold."""
    is_ours = who == "ours"
    count: Callable[[Path], pd.DataFrame] = ours_count if is_ours else hand_count
    learn, foretell = (ours_learn, ours_foretell) if is_ours else (hand_learn, hand_foretell)
    seconds: dict[str, list[float]] = {"count": [], "learn": [], "foretell": []}
    for _ in range(rounds):
        started = time.perf_counter()
        rows = count(file)
        counted_at = time.perf_counter()
        models = learn(rows)
        learnt_at = time.perf_counter()
        told = foretell(rows, models)
        seconds["count"].append(counted_at - started)
        seconds["learn"].append(learnt_at - counted_at)
        seconds["foretell"].append(time.perf_counter() - learnt_at)
    values = [*(list(model.parameters.values()) if is_ours else list(model) for model in models)]
    names = ("r", "alpha", "a", "b", "p", "q", "v")
    parameters = dict(zip(names, map(float, [*values[0], *values[1]]), strict=True))
    foretold = {"orders": float(told[0].sum()), "value": float(told[1].sum())}
    return {
        "seconds": seconds,
        "bytes": peak_bytes(),
        "parameters": parameters,
        "foretold": foretold,
    }


def main(arguments: list[str] | None = None) -> int:
    """Value the customers of a file one way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("who", choices=("ours", "by_hand"))
    parser.add_argument("file", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args(arguments)
    given.target.write_text(json.dumps(measure(given.who, given.file, given.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

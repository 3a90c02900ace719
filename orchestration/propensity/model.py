"""Learning the odds of what a profile does next, and foretelling them.

Two kinds of model, told apart by `method`: `logistic`, a logistic regression (scikit-learn) over
the encoded columns, which is calibrated as long as the future is like the past; and `base_rate`
where too few customers did it: the share of those in the same state and equally identified, drawn
to the share of all. With nothing to learn from the method is `none`, and nothing is foretold.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from orchestration.propensity.encoding import (
    IDENTIFIED,
    STATE,
    Encoding,
    Flags,
    Matrix,
    distinct_rows,
)

Outcome = NDArray[np.object_] | NDArray[np.bool_]

DIGITS = 6
PENALTY = 0.3
SHRINK_ROWS = 200.0
DRIVERS = 3
LEAST_DRIVE = 0.1
OF_ALL = ("", -1)


@dataclass(frozen=True)
class Fit:
    """Odds of several outcomes (`classes`), or of one (`classes` is True alone)."""

    classes: tuple[object, ...]
    method: str
    weights: Matrix | None = None
    means: Matrix | None = None
    shares: pd.DataFrame | None = None

    def probabilities(self, rows: pd.DataFrame, matrix: Matrix) -> Matrix:
        """Rows x classes, not rounded; NaN where nothing was learnt. `matrix`: the rows encoded."""
        if self.weights is not None:
            scores = matrix @ self.weights[:, :-1].T + self.weights[:, -1]
            if len(self.classes) == 1:
                return 1 / (1 + np.exp(-scores))
            odds = np.exp(scores - scores.max(axis=1, keepdims=True))
            return odds / odds.sum(axis=1, keepdims=True)
        if self.shares is None:
            return np.full((len(rows), len(self.classes)), np.nan)
        keys = pd.MultiIndex.from_arrays([rows[STATE], rows[IDENTIFIED]])
        found = self.shares.reindex(keys).to_numpy(dtype=np.float64)
        return np.where(np.isnan(found), self.shares.loc[[OF_ALL]].to_numpy(), found)

    def text(self) -> str:
        """All that the fit says, for a fingerprint."""
        numbers = self.weights
        if numbers is None and self.shares is not None:
            numbers = self.shares.to_numpy()
        listed = [] if numbers is None else np.round(numbers, DIGITS).ravel().tolist()
        return f"{self.method} {self.classes} {listed}"


def learn(rows: pd.DataFrame, flags: Flags, outcome: Outcome, min_customers: int) -> Fit:
    """Learn the odds of an outcome: of True if it is boolean, else of each of its values.

    `flags` are the rows encoded, `rows` holds state, identification and `customer_key`. Fewer
    than `min_customers` customers with the outcome (with any but the most frequent value) give
    shares by state.
    """
    if outcome.dtype == bool:
        classes: tuple[object, ...] = (True,)
        rare = outcome
    else:
        classes = tuple(sorted(set(outcome.tolist())))
        values, counts = np.unique(outcome.astype(str), return_counts=True)
        rare = outcome != values[counts.argmax()] if len(values) else np.zeros(0, dtype=bool)
    if len(rows) == 0 or not classes:
        return Fit(classes, "none")
    acted = rows["customer_key"].to_numpy()[rare]
    if len(np.unique(acted)) < min_customers or rare.all():
        return Fit(classes, "base_rate", shares=_shares(rows, outcome, classes))
    weights, means = _regress(flags, outcome)
    return Fit(classes, "logistic", weights, means)


def drivers(fit: Fit, encoding: Encoding, matrix: Matrix) -> list[str | None]:
    """For each row the columns that most raise its odds above those of the average row."""
    if fit.weights is None or fit.means is None:
        return [None] * len(matrix)
    names = sorted(set(encoding.sources))
    grouped = np.zeros((encoding.width, len(names)))
    for column, name in enumerate(encoding.sources):
        grouped[column, names.index(name)] = fit.weights[0, column]
    raised = np.round((matrix - fit.means) @ grouped, DIGITS)
    order = np.argsort(-raised, axis=1, kind="stable")[:, :DRIVERS]
    taken = np.take_along_axis(raised, order, axis=1) > LEAST_DRIVE
    return [
        " > ".join(names[i] for i, is_taken in zip(line, told, strict=True) if is_taken) or None
        for line, told in zip(order.tolist(), taken.tolist(), strict=True)
    ]


def version(trained_until: object, fits: list[Fit]) -> str:
    """Name of a set of fits: last day learnt from and a fingerprint of what was learnt."""
    digest = hashlib.sha256(" ".join(fit.text() for fit in fits).encode()).hexdigest()
    return f"{trained_until}-{digest[:8]}"


def _regress(flags: Flags, outcome: Outcome) -> tuple[Matrix, Matrix]:
    """Weights (classes x columns and intercept) and column means; equal rows are put together.

    One thread, so that sums do not depend on the number of processors.
    """
    values, codes = np.unique(outcome.astype(str), return_inverse=True)
    one_hot = codes[:, None] == np.arange(len(values))
    first, _, counts = distinct_rows(np.hstack([one_hot, flags]))
    distinct = flags[first].astype(np.float64)
    solver = "newton-cholesky" if len(values) == 2 else "lbfgs"
    model = LogisticRegression(C=PENALTY, solver=solver, tol=1e-4, max_iter=1000)
    with threadpool_limits(1):
        model.fit(distinct, codes[first], sample_weight=counts)
        means = counts @ distinct / counts.sum()
    weights = np.column_stack([model.coef_, model.intercept_])
    if len(values) == 2 and outcome.dtype != bool:
        weights = np.vstack([np.zeros_like(weights), weights])
    return weights, means


def _shares(rows: pd.DataFrame, outcome: Outcome, classes: tuple[object, ...]) -> pd.DataFrame:
    """Share of each class by state and identification, drawn to that of OF_ALL."""
    hits = pd.DataFrame({c: (outcome == c).astype(float) for c in classes})
    whole = hits.mean()
    keys = [rows[STATE].to_numpy(), rows[IDENTIFIED].to_numpy()]
    sums, counts = hits.groupby(keys).sum(), hits.groupby(keys).size()
    shares = sums.add(SHRINK_ROWS * whole, axis=1).div(counts + SHRINK_ROWS, axis=0)
    shares.loc[OF_ALL, :] = whole
    return shares.sort_index()

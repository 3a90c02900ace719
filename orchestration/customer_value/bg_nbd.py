"""BG/NBD: who buys again, and when customers leave after a purchase.

A customer buys at a rate of his own (Gamma r, alpha over customers) until, after a purchase, he
leaves with a probability of his own (Beta a, b). In the model of Fader, Hardie and Lee ("Counting
your customers" the easy way, Marketing Science 24, 2005) nobody leaves after the first purchase;
in the modified one (MBG/NBD: Batislam, Denizel, Filiztekin, IJRM 24, 2007) people may.

Belongs here: likelihood, fit, and what follows from the parameters for a customer.
Doesn't belong here: the search itself (see `fitting`), what a purchase is worth (`gamma_gamma`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betaln, digamma, expit, gammaln, hyp2f1, polygamma

from orchestration.customer_value.counts import Counts, checked, counted
from orchestration.customer_value.errors import CustomerValueError
from orchestration.customer_value.fitting import MANY, Floats, Likelihood, maximize

NAMES = ("r", "alpha", "a", "b")
LONGEST = 10.0
MIN_CUSTOMERS = 10


@dataclass(frozen=True)
class BgNbd:
    """The model with its parameters; alpha is in the unit of time of recency and age."""

    r: float
    alpha: float
    a: float
    b: float
    modified: bool = False
    standard_errors: tuple[float, ...] = (np.nan,) * 4
    log_likelihood: float = np.nan
    customers: float = 0.0
    converged: bool = True
    at_bound: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the literature calls it."""
        return "MBG/NBD" if self.modified else "BG/NBD"

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name."""
        return {name: float(getattr(self, name)) for name in NAMES}

    def expected_purchases(self, horizon: Any, frequency: Any, recency: Any, age: Any) -> Floats:
        """Purchases expected of customers within the horizon from now on."""
        x, tx, t = checked(frequency, recency, age)
        return self.probability_alive(x, tx, t) * self._if_alive(times(horizon), x, t)

    def expected_purchases_of_new(self, horizon: Any) -> Floats:
        """Repeat purchases expected of a customer within the horizon after the first purchase."""
        zero = np.zeros(1)
        ahead = times(horizon)
        if not self.modified:
            return self._if_alive(ahead, zero, zero)
        return self._if_alive(ahead, zero, zero) * self.b / (self.a + self.b)

    def probability_alive(self, frequency: Any, recency: Any, age: Any) -> Floats:
        """Probability that customers have not left yet."""
        x, tx, t = checked(frequency, recency, age)
        known, left = _parts(
            np.array([self.r, self.alpha, self.a, self.b]), x, tx, t, self.modified
        )
        return np.asarray(expit(known - left), dtype=np.float64)

    def probability_of_none(self, horizon: Any, frequency: Any, recency: Any, age: Any) -> Floats:
        """Probability that customers buy nothing within the horizon, alive or not."""
        x, tx, t = checked(frequency, recency, age)
        ahead = times(horizon)
        waits = np.exp((self.r + x) * np.log1p(-ahead / (self.alpha + t + ahead)))
        return np.asarray(1 - self.probability_alive(x, tx, t) * (1 - waits), dtype=np.float64)

    def _if_alive(self, horizon: Floats, x: Floats, t: Floats) -> Floats:
        """Purchases expected of customers who have not left.

        Euler's transformation of the published form: its hypergeometric function does not grow
        with the number of purchases. At a = 1 it is the mean of both sides. Where parameters are
        so large that the function is lost, the mean over leaving probabilities takes its place.
        """
        if abs(self.a - 1) < 1e-6:
            sides = [
                BgNbd(self.r, self.alpha, 1 + aside, self.b, self.modified)
                for aside in (-1e-4, 1e-4)
            ]
            return np.asarray(sum(side._if_alive(horizon, x, t) for side in sides) / 2)
        b = self.b + self.modified
        share = horizon / (self.alpha + t + horizon)
        with np.errstate(invalid="ignore", over="ignore"):
            series = hyp2f1(self.a + b - 1 - self.r, self.a - 1, self.a + b + x - 1, share)
            rest = 1 - np.exp((self.a - 1) * np.log1p(-share)) * series
        told = np.asarray((self.a + b + x - 1) / (self.a - 1) * rest, dtype=np.float64)
        most = (self.r + x) * horizon / (self.alpha + t)
        lost = ~((told >= 0) & (told <= most * (1 + 1e-9)))
        if lost.any():
            told[lost] = _mean_over_leaving(
                self.r + np.broadcast_to(x, told.shape)[lost],
                np.broadcast_to(horizon / (self.alpha + t), told.shape)[lost],
                self.a,
                b + np.broadcast_to(x, told.shape)[lost],
            )
        return told


def fit_bg_nbd(
    frequency: Any,
    recency: Any,
    age: Any,
    weights: Any = None,
    *,
    modified: bool = False,
    penalizer: float = 0.0,
) -> BgNbd:
    """The most likely parameters of customers, with their standard errors.

    frequency, recency, age: one number per customer (see `counts.Counts`), or one per kind of
        customers with their number in `weights`.
    penalizer: takes `penalizer * sum(parameters ** 2)` from the mean log-likelihood, with the
        longest age as 10 units of time; keeps parameters small where customers are few.

    Raises:
        CustomerValueError: numbers are wrong (see `counts.counted`), or too few to learn from.
    """
    counts = counted(frequency, recency, age, weights)
    refuse_too_few(counts)
    unit = float(counts.age.max()) / LONGEST
    scaled = Counts(
        counts.frequency, counts.recency / unit, counts.age / unit, counts.weights, counts.kind
    )
    some = scaled.thinned(MANY)

    def of(chosen: Counts) -> Likelihood:
        table = _table(chosen)
        return lambda parameters: _likelihood(parameters, chosen, table, modified)

    rough = (of(some), some.customers) if len(scaled.age) > MANY else None
    found = maximize(of(scaled), starts(scaled, _LEAVING), counts.customers, penalizer, rough)
    by_unit = np.array([1.0, unit, 1.0, 1.0])
    r, alpha, a, b = (float(one) for one in found.parameters * by_unit)
    # A density of times in a longer unit is that much lower for each repeat purchase.
    shift = float((counts.weights * counts.frequency).sum()) * np.log(unit)
    return BgNbd(
        r,
        alpha,
        a,
        b,
        modified=modified,
        standard_errors=tuple(float(one) for one in found.standard_errors * by_unit),
        log_likelihood=float(found.log_likelihood - shift),
        customers=counts.customers,
        converged=found.converged,
        at_bound=tuple(NAMES[place] for place in found.at_bound),
        notes=notes_of(found.converged, [NAMES[place] for place in found.at_bound]),
    )


def _mean_over_leaving(purchases: Floats, ahead: Floats, a: float, b: Floats) -> Floats:
    """Mean of (1 - (1 + q * ahead) ** -purchases) / q over q of Beta(a, b), over its log odds."""
    middle = digamma(a) - digamma(b)
    width = np.sqrt(polygamma(1, a) + polygamma(1, b))
    odds = middle[:, None] + width[:, None] * np.linspace(-12, 12, 241)
    density = a * odds - (a + b[:, None]) * np.logaddexp(0, odds)
    weights = np.exp(density - density.max(axis=1, keepdims=True))
    q = expit(odds)
    grows = -np.expm1(-purchases[:, None] * np.log1p(q * ahead[:, None])) / q
    return np.asarray((grows * weights).sum(axis=1) / weights.sum(axis=1), dtype=np.float64)


_LEAVING = ((0.5, 2.0), (1.0, 1.0), (2.0, 8.0), (0.2, 0.2))


def starts(counts: Counts, other: tuple[tuple[float, float], ...]) -> list[list[float]]:
    """Points to begin at: mean rates as seen, and three ways in which they differ."""
    x, t, w = counts.frequency, counts.age, counts.weights
    rate = float((w * x).sum()) / float((w * t).sum())
    return [[r, r / rate / 1.5, *pair] for r in (0.3, 1.0, 3.0) for pair in other]


def refuse_too_few(counts: Counts) -> None:
    """Raise CustomerValueError unless some customers came back."""
    came_back = float(counts.weights[counts.frequency > 0].sum())
    if counts.customers < MIN_CUSTOMERS or came_back < 2:
        raise CustomerValueError(
            f"{counts.customers:g} customers of whom {came_back:g} came back are too few to learn "
            f"from; {MIN_CUSTOMERS} and 2 are the least, and some hundreds make it worth while."
        )


def notes_of(converged: bool, at_bound: list[str]) -> tuple[str, ...]:
    """What to know about a fit that did not end at a top."""
    if at_bound:
        return (
            f"{', '.join(at_bound)} ran to the end of the search: the customers do not tell "
            "how they differ there. Expectations hold, single parameters don't.",
        )
    return () if converged else ("The search did not converge: pass a penalizer, such as 0.001.",)


def times(horizon: Any) -> Floats:
    """Times ahead as an array; raises CustomerValueError where one is negative or missing."""
    ahead = np.atleast_1d(np.asarray(horizon, dtype=np.float64))
    if not np.all(np.isfinite(ahead)) or np.any(ahead < 0):
        raise CustomerValueError("A horizon is negative or missing; pass the time ahead.")
    return ahead


def _parts(
    parameters: Floats, x: Floats, tx: Floats, t: Floats, modified: bool
) -> tuple[Floats, Floats]:
    """Logarithms of the likelihood's two terms: still there at the end, or left at the last."""
    r, alpha, a, b = parameters
    b = b + modified
    stays = -(r + x) * np.log(alpha + t)
    may_leave = (x > 0) | modified
    order = np.where(may_leave, b + x - 1, 1.0)
    leaves = np.log(a) - np.log(order) - (r + x) * np.log(alpha + tx)
    return stays, np.where(may_leave, leaves, -np.inf)


@dataclass(frozen=True)
class _Table:
    """Distinct frequencies and times, so that each logarithm is taken once."""

    frequencies: Floats
    of_frequency: np.ndarray
    times: Floats
    of_age: np.ndarray
    of_recency: np.ndarray
    weight_by_frequency: Floats


def _table(counts: Counts) -> _Table:
    frequencies, of_frequency = np.unique(counts.frequency, return_inverse=True)
    times, of_time = np.unique(np.concatenate([counts.age, counts.recency]), return_inverse=True)
    return _Table(
        frequencies,
        of_frequency,
        times,
        of_time[: len(counts.age)],
        of_time[len(counts.age) :],
        np.bincount(of_frequency, weights=counts.weights).astype(np.float64),
    )


def _likelihood(
    parameters: Floats, counts: Counts, table: _Table, modified: bool
) -> tuple[float, Floats]:
    """Log-likelihood of all customers, and its gradient."""
    r, alpha, a, b = parameters
    b = b + modified
    n, w, x = counts.customers, counts.weights, counts.frequency
    logs = np.log(alpha + table.times)
    log_age, log_recency = logs[table.of_age], logs[table.of_recency]
    inverse = np.exp(-logs)
    may_leave = (x > 0) | modified
    order = np.where(may_leave, b + x - 1, 1.0)
    known = -(r + x) * log_age
    left = np.where(may_leave, np.log(a) - np.log(order) - (r + x) * log_recency, -np.inf)
    alive = expit(known - left)
    xs, ws = table.frequencies, table.weight_by_frequency
    value = (
        float((ws * (gammaln(r + xs) + betaln(a, b + xs))).sum())
        + n * float(r * np.log(alpha) - gammaln(r) - betaln(a, parameters[3]))
        + float((w * np.logaddexp(known, left)).sum())
    )
    gone = w * (1 - alive)
    mean_log = float((w * alive * log_age + gone * log_recency).sum())
    pull = w * alive * inverse[table.of_age] + gone * inverse[table.of_recency]
    both = digamma(a + parameters[3])
    lost = float(gone.sum())
    gradient = np.array(
        [
            float((ws * digamma(r + xs)).sum()) + n * (np.log(alpha) - digamma(r)) - mean_log,
            n * r / alpha - float(((r + x) * pull).sum()),
            n * both - float((ws * digamma(a + b + xs)).sum()) + lost / a,
            float((ws * (digamma(b + xs) - digamma(a + b + xs))).sum())
            + n * (both - digamma(parameters[3]))
            - float((gone / order).sum()),
        ]
    )
    return value, gradient

"""Pareto/NBD: the model that BG/NBD makes easier, to check against and for published cases.

A customer buys at a rate of his own (Gamma r, alpha) until he leaves, at any moment, at a rate of
his own (Gamma s, beta): Schmittlein, Morrison, Colombo, Management Science 33, 1987; the forms are
those of Fader and Hardie, "A note on deriving the Pareto/NBD model", 2005.

Belongs here: likelihood, fit, and what follows from the parameters for a customer.
Doesn't belong here: the search itself (see `fitting`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, gammaln, hyp2f1, hyperu

from orchestration.customer_value.bg_nbd import LONGEST, notes_of, refuse_too_few, starts, times
from orchestration.customer_value.counts import Counts, checked, counted
from orchestration.customer_value.errors import CustomerValueError
from orchestration.customer_value.fitting import Floats, maximize

NAMES = ("r", "alpha", "s", "beta")
_LEAVING = ((0.5, 5.0), (1.0, 5.0), (1.0, 20.0), (3.0, 20.0))
_ASIDE = 1e-5


@dataclass(frozen=True)
class ParetoNbd:
    """The model with its parameters; alpha and beta are in the unit of time."""

    r: float
    alpha: float
    s: float
    beta: float
    standard_errors: tuple[float, ...] = (np.nan,) * 4
    log_likelihood: float = np.nan
    customers: float = 0.0
    converged: bool = True
    at_bound: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    name: str = "Pareto/NBD"

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name."""
        return {name: float(getattr(self, name)) for name in NAMES}

    @property
    def _vector(self) -> Floats:
        return np.array([self.r, self.alpha, self.s, self.beta])

    def expected_purchases(self, horizon: Any, frequency: Any, recency: Any, age: Any) -> Floats:
        """Purchases expected of customers within the horizon from now on."""
        x, tx, t = checked(frequency, recency, age)
        rate = (self.r + x) / (self.alpha + t)
        return self.probability_alive(x, tx, t) * rate * self._lives(times(horizon), t)

    def expected_purchases_of_new(self, horizon: Any) -> Floats:
        """Repeat purchases expected of a customer within the horizon after the first purchase."""
        return np.asarray(self.r / self.alpha * self._lives(times(horizon), np.zeros(1)))

    def probability_alive(self, frequency: Any, recency: Any, age: Any) -> Floats:
        """Probability that customers have not left yet."""
        x, tx, t = checked(frequency, recency, age)
        stays, leaves = _parts(self._vector, x, tx, t)
        return np.asarray(expit(stays - leaves), dtype=np.float64)

    def probability_of_none(self, horizon: Any, frequency: Any, recency: Any, age: Any) -> Floats:
        """Probability that customers buy nothing within the horizon: those who leave first, too."""
        x, tx, t = checked(frequency, recency, age)
        horizon = times(horizon) + np.zeros_like(t)
        stays, leaves = _parts(self._vector, x, tx, t)
        waits, leaves_later = _parts(self._vector, x, t, t + horizon)
        none = np.logaddexp(np.logaddexp(waits, leaves_later), leaves)
        return np.asarray(np.exp(none - np.logaddexp(stays, leaves)), dtype=np.float64)

    def discounted_expected_purchases(
        self, rate: float, frequency: Any, recency: Any, age: Any
    ) -> Floats:
        """All purchases to come, discounted continuously at `rate` per unit of time (DERT).

        Raises:
            CustomerValueError: the rate is not above 0.
        """
        if not rate > 0:
            raise CustomerValueError("Discount at a rate above 0 per unit of time.")
        x, tx, t = checked(frequency, recency, age)
        # E[1 / (mu + rate)] over those alive, whose mu is Gamma(s, beta + t).
        lasts = (self.beta + t) * hyperu(1.0, 2.0 - self.s, rate * (self.beta + t))
        return self.probability_alive(x, tx, t) * (self.r + x) / (self.alpha + t) * lasts

    def _lives(self, horizon: Floats, t: Floats) -> Floats:
        """Time that is expected to be lived within the horizon by those alive at t."""
        ratio = np.log1p(horizon / (self.beta + t))
        order = self.s - 1
        share = ratio if abs(order) < 1e-9 else -np.expm1(-order * ratio) / order
        return np.asarray((self.beta + t) * share, dtype=np.float64)


def fit_pareto_nbd(
    frequency: Any, recency: Any, age: Any, weights: Any = None, *, penalizer: float = 0.0
) -> ParetoNbd:
    """The most likely parameters of customers; arguments and errors as of `fit_bg_nbd`."""
    counts = counted(frequency, recency, age, weights)
    refuse_too_few(counts)
    unit = float(counts.age.max()) / LONGEST
    scaled = Counts(
        counts.frequency, counts.recency / unit, counts.age / unit, counts.weights, counts.kind
    )

    def likelihood(parameters: Floats) -> tuple[float, Floats]:
        value = _value(parameters, scaled)
        slopes = []
        for place in range(4):
            factor = np.ones(4)
            factor[place] = np.exp(_ASIDE)
            above, below = _value(parameters * factor, scaled), _value(parameters / factor, scaled)
            slopes.append((above - below) / (2 * _ASIDE * parameters[place]))
        return value, np.array(slopes)

    found = maximize(likelihood, starts(scaled, _LEAVING), counts.customers, penalizer)
    by_unit = np.array([1.0, unit, 1.0, unit])
    r, alpha, s, beta = (float(one) for one in found.parameters * by_unit)
    shift = float((counts.weights * counts.frequency).sum()) * np.log(unit)
    return ParetoNbd(
        r,
        alpha,
        s,
        beta,
        standard_errors=tuple(float(one) for one in found.standard_errors * by_unit),
        log_likelihood=float(found.log_likelihood - shift),
        customers=counts.customers,
        converged=found.converged,
        at_bound=tuple(NAMES[place] for place in found.at_bound),
        notes=notes_of(found.converged, [NAMES[place] for place in found.at_bound]),
    )


def _value(parameters: Floats, counts: Counts) -> float:
    r, alpha, s, beta = parameters
    x = counts.frequency
    stays, leaves = _parts(parameters, x, counts.recency, counts.age)
    of_x = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    return float((counts.weights * (of_x + np.logaddexp(stays, leaves))).sum())


def _parts(parameters: Floats, x: Floats, tx: Floats, t: Floats) -> tuple[Floats, Floats]:
    """Logarithms of the likelihood's two terms: still there at t, or gone between tx and t.

    The second is the difference of two hypergeometric terms; Euler's transformation makes every
    summand positive and keeps them small.
    """
    r, alpha, s, beta = parameters
    stays = -(r + x) * np.log(alpha + t) - s * np.log(beta + t)
    until, since = (_gone_after(parameters, x, time) for time in (t, tx))
    with np.errstate(divide="ignore"):
        fall = np.where(tx < t, -np.expm1(np.minimum(until - since, 0.0)), 0.0)
        leaves = np.log(s) - np.log(r + s + x) + since + np.log(fall)
    return stays, leaves


def _gone_after(parameters: Floats, x: Floats, time: Floats) -> Floats:
    """Logarithm of the integral of the likelihood over leaving after `time`, without its factor."""
    r, alpha, s, beta = parameters
    both = r + s + x
    if alpha >= beta:
        z, order = (alpha - beta) / (alpha + time), r + x
        lead = -(r + x) * np.log(alpha + time) - s * np.log(beta + time)
    else:
        z, order = (beta - alpha) / (beta + time), s + 1 + 0 * x
        lead = (1 - r - x) * np.log(alpha + time) - (s + 1) * np.log(beta + time)
    return np.asarray(lead + np.log(hyp2f1(1.0, order, both + 1, z)), dtype=np.float64)

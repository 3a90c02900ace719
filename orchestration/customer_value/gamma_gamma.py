"""Gamma-Gamma: what a purchase of a customer is worth.

Purchases of a customer vary around a mean of his own, which varies over customers, whatever the
number of purchases (Fader and Hardie, "The Gamma-Gamma model of monetary value", 2013). p, q and
v as there: spend is Gamma(p, nu), nu is Gamma(q, v); v is in the unit of money.

Belongs here: likelihood, fit, the mean expected of a customer.
Doesn't belong here: how often customers buy (see `bg_nbd`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import digamma, gammaln

from orchestration.customer_value.bg_nbd import notes_of
from orchestration.customer_value.counts import numbers, refuse
from orchestration.customer_value.errors import CustomerValueError
from orchestration.customer_value.fitting import MANY, Floats, Likelihood, maximize

NAMES = ("p", "q", "v")
MOST_CORRELATION = 0.3
MIN_CUSTOMERS = 10
_STARTS = tuple((p, q, (q - 1) / p) for p in (0.5, 2.0, 6.0) for q in (1.5, 3.0, 6.0))


@dataclass(frozen=True)
class GammaGamma:
    """The model with its parameters, and how far frequency and value go together."""

    p: float
    q: float
    v: float
    standard_errors: tuple[float, ...] = (np.nan,) * 3
    log_likelihood: float = np.nan
    customers: float = 0.0
    converged: bool = True
    at_bound: tuple[str, ...] = ()
    correlation: float = np.nan
    notes: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name."""
        return {name: float(getattr(self, name)) for name in NAMES}

    @property
    def mean(self) -> float:
        """Mean value of a purchase over customers; nan where the parameters allow none (q <= 1)."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else float("nan")

    def expected_average_value(self, frequency: Any, monetary: Any) -> Floats:
        """Value expected of a customer's purchases, from the mean `monetary` of `frequency` ones.

        Customers of frequency 0 are expected to spend what all do; their `monetary` may be missing.

        Raises:
            CustomerValueError: numbers are negative or missing, or lengths differ.
        """
        x = numbers("frequency", frequency)
        with_value = np.where(x > 0, np.asarray(monetary, dtype=np.float64), 0.0)
        m = numbers("monetary value", with_value)
        refuse(m < 0, m, "monetary values are negative")
        return np.asarray(self.p * (self.v + x * m) / (self.p * x + self.q - 1), dtype=np.float64)


def fit_gamma_gamma(
    frequency: Any, monetary: Any, weights: Any = None, *, penalizer: float = 0.0
) -> GammaGamma:
    """The most likely parameters, learnt from customers of frequency 1 and more.

    frequency: how many purchases `monetary` is the mean of. The literature leaves out the first
        purchase of each customer, so that these are the repeat purchases.
    penalizer: as of `fit_bg_nbd`, with the mean value as the unit of money.

    Raises:
        CustomerValueError: monetary values of customers with purchases are missing, zero or
            negative, or customers are too few.
    """
    x = np.atleast_1d(numbers("frequency", frequency))
    w = np.ones_like(x) if weights is None else np.atleast_1d(numbers("weights", weights))
    money = np.atleast_1d(np.asarray(monetary, dtype=np.float64))
    if not x.shape == w.shape == money.shape:
        raise CustomerValueError("Frequencies, monetary values and weights differ in number.")
    refuse(x < 0, x, "frequencies are negative")
    known = x > 0
    x, w, m = x[known], w[known], numbers("monetary value", money[known])
    refuse(
        m <= 0,
        m,
        "monetary values are not above 0; leave out customers whose purchases sum "
        "to nothing, or net refunds first",
    )
    if float(w.sum()) < MIN_CUSTOMERS:
        raise CustomerValueError(
            f"{float(w.sum()):g} customers with a value are too few to learn from; "
            f"{MIN_CUSTOMERS} are the least."
        )
    unit = float((w * x * m).sum() / (w * x).sum())

    def of(step: int) -> Likelihood:
        some = (x[::step], m[::step] / unit, w[::step])
        return lambda parameters: _likelihood(parameters, *some)

    step = -(-len(x) // MANY)
    rough = (of(step), float(w[::step].sum())) if step > 1 else None
    found = maximize(of(1), _STARTS, float(w.sum()), penalizer, rough)
    correlation = _correlation(x, m, w)
    notes = notes_of(found.converged, [NAMES[place] for place in found.at_bound])
    p, q, v = (float(one) for one in found.parameters * (1, 1, unit))
    return GammaGamma(
        p,
        q,
        v,
        standard_errors=tuple(float(one) for one in found.standard_errors * (1, 1, unit)),
        log_likelihood=found.log_likelihood - float(w.sum()) * float(np.log(unit)),
        customers=float(w.sum()),
        converged=found.converged,
        at_bound=tuple(NAMES[place] for place in found.at_bound),
        correlation=correlation,
        notes=notes + _doubts(correlation, q),
    )


def _doubts(correlation: float, q: float) -> tuple[str, ...]:
    doubts = []
    if abs(correlation) > MOST_CORRELATION:
        doubts.append(
            f"Frequency and value go together (correlation {correlation:.2f}); Gamma-Gamma takes "
            "them to be independent, so that values of frequent customers lean towards the mean."
        )
    if q <= 1:
        doubts.append("q is at most 1: the mean value over customers is not finite.")
    return tuple(doubts)


def _correlation(x: Floats, m: Floats, w: Floats) -> float:
    """Pearson's, between number and mean value of purchases; nan where either is the same."""
    if np.ptp(x) == 0 or np.ptp(m) == 0:
        return float("nan")
    matrix = np.cov(np.vstack([x, m]), aweights=w, ddof=0)
    return float(matrix[0, 1] / np.sqrt(matrix[0, 0] * matrix[1, 1]))


def _likelihood(parameters: Floats, x: Floats, m: Floats, w: Floats) -> tuple[float, Floats]:
    """Log-likelihood of mean values, and its gradient."""
    p, q, v = parameters
    n, px = float(w.sum()), p * x
    log_m, log_x, log_both = np.log(m), np.log(x), np.log(x * m + v)
    value = float(
        (
            w
            * (gammaln(px + q) - gammaln(px) + (px - 1) * log_m + px * log_x - (px + q) * log_both)
        ).sum()
    ) + n * float(q * np.log(v) - gammaln(q))
    by_p = x * (digamma(px + q) - digamma(px) + log_m + log_x - log_both)
    by_q = digamma(px + q) - log_both
    gradient = np.array(
        [
            float((w * by_p).sum()),
            float((w * by_q).sum()) + n * float(np.log(v) - digamma(q)),
            n * q / v - float((w * (px + q) / (x * m + v)).sum()),
        ]
    )
    return value, gradient

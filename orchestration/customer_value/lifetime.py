"""What customers are worth: purchases to come, times their value, discounted month by month.

Belongs here: putting a model of purchases and one of values together.
Doesn't belong here: the models (see `bg_nbd`, `pareto_nbd`, `gamma_gamma`).
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from orchestration.customer_value.errors import CustomerValueError
from orchestration.customer_value.fitting import Floats
from orchestration.customer_value.summary import DAYS


class Purchases(Protocol):
    """A model that foretells purchases."""

    def expected_purchases(self, horizon: Any, frequency: Any, recency: Any, age: Any) -> Floats:
        """Purchases expected of customers within the horizon from now on."""
        ...


def lifetime_value(
    model: Purchases,
    frequency: Any,
    recency: Any,
    age: Any,
    average_value: Any,
    *,
    horizon_months: int = 12,
    discount_rate: float = 0.0,
    unit: str = "week",
    month: float | None = None,
) -> Floats:
    """Value of the purchases of the next months, discounted to now.

    The purchases expected of each month come at its end: with E(m) purchases expected within m
    months the value is `average_value * sum((E(m) - E(m - 1)) / (1 + discount_rate) ** m)`, as
    the packages of the field reckon.

    discount_rate: per month, 0.01 for one percent; see `per_month` for a yearly one.
    unit: of the model's time (day, week, month, year); a month is 365.25 / 12 days, unless
        `month` says how many units it has (lifetimes takes 4.345 weeks or 30 days).

    Raises:
        CustomerValueError: the horizon is no whole number of months, or the rate is -1 or below.
    """
    return np.asarray(
        discounted_purchases(
            model,
            frequency,
            recency,
            age,
            horizon_months=horizon_months,
            discount_rate=discount_rate,
            unit=unit,
            month=month,
        )
        * np.asarray(average_value, dtype=np.float64)
    )


def discounted_purchases(
    model: Purchases,
    frequency: Any,
    recency: Any,
    age: Any,
    *,
    horizon_months: int = 12,
    discount_rate: float = 0.0,
    unit: str = "week",
    month: float | None = None,
) -> Floats:
    """The purchases of `lifetime_value`, each counted as what it is worth now; errors as there."""
    if horizon_months < 1 or horizon_months != int(horizon_months):
        raise CustomerValueError(f"The horizon is {horizon_months} months; pass 1, 2, 3 …")
    if not discount_rate > -1:
        raise CustomerValueError("The discount rate per month must be above -1; 0.01 is 1 %.")
    if unit not in DAYS:
        raise CustomerValueError(f"The unit is {unit!r}; it must be one of {', '.join(DAYS)}.")
    length = month or DAYS["month"] / DAYS[unit]
    total, before = 0.0, 0.0
    for number in range(1, int(horizon_months) + 1):
        until: Any = model.expected_purchases(number * length, frequency, recency, age)
        total = total + (until - before) / (1 + discount_rate) ** number
        before = until
    return np.asarray(total, dtype=np.float64)


def per_month(discount_pct_year: float) -> float:
    """Discount rate per month of a yearly one in percent, compounded: 10 gives 0.00797."""
    return float((1 + discount_pct_year / 100) ** (1 / 12) - 1)

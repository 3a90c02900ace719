"""How often, how lately and how long: the three numbers that models of purchases learn from.

Belongs here: checking them, and putting equal customers together.
Doesn't belong here: counting them from transactions (see `summary`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from orchestration.customer_value.errors import CustomerValueError
from orchestration.customer_value.fitting import Floats


@dataclass(frozen=True)
class Counts:
    """Customers, equal ones once with their number as weight; `kind` leads back to each.

    frequency: repeat purchases; recency: from the first to the last; age: from the first until
    the end of what is seen. Times are in one unit, whichever.
    """

    frequency: Floats
    recency: Floats
    age: Floats
    weights: Floats
    kind: npt.NDArray[np.intp]

    def thinned(self, most: int) -> Counts:
        """Kinds of customers at equal steps, at most so many; `kind` leads nowhere."""
        step = max(1, -(-len(self.age) // most))
        return Counts(
            self.frequency[::step],
            self.recency[::step],
            self.age[::step],
            self.weights[::step],
            self.kind[:0],
        )

    @property
    def customers(self) -> float:
        """How many customers these are."""
        return float(self.weights.sum())


def counted(frequency: Any, recency: Any, age: Any, weights: Any = None) -> Counts:
    """Check the numbers and put equal customers together.

    Raises:
        CustomerValueError: numbers are missing, negative or broken, or contradict each other.
    """
    x, tx, t = checked(frequency, recency, age)
    w = np.ones_like(x) if weights is None else numbers("weights", weights)
    if w.shape != x.shape:
        raise CustomerValueError(f"There are {w.size} weights for {x.size} customers.")
    refuse(w < 0, w, "weights are negative")
    order = np.lexsort((t, tx, x))
    rows = np.column_stack([x, tx, t])[order]
    starts = np.ones(len(rows), dtype=bool)
    starts[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    kind = np.empty(len(rows), dtype=np.intp)
    kind[order] = np.cumsum(starts) - 1
    held = np.bincount(kind, weights=w, minlength=int(starts.sum()))
    once = rows[starts]
    return Counts(once[:, 0], once[:, 1], once[:, 2], held.astype(np.float64), kind)


def checked(frequency: Any, recency: Any, age: Any) -> tuple[Floats, Floats, Floats]:
    """The three as arrays of one length; raises CustomerValueError as `counted` does."""
    try:
        x, tx, t = np.broadcast_arrays(
            numbers("frequency", frequency), numbers("recency", recency), numbers("age", age)
        )
    except ValueError as error:
        if isinstance(error, CustomerValueError):
            raise
        raise CustomerValueError(
            "Frequency, recency and age are of different lengths; pass one of each per customer."
        ) from error
    x, tx, t = (np.array(np.atleast_1d(one), dtype=np.float64) for one in (x, tx, t))
    refuse(x < 0, x, "frequencies are negative; count repeat purchases from 0")
    refuse(x != np.floor(x), x, "frequencies are broken numbers; count whole purchases")
    refuse(tx < 0, tx, "recencies are negative; measure from the first purchase to the last")
    refuse(t < 0, t, "ages are negative; customers must have bought before the observation ends")
    refuse(
        tx > t * (1 + 1e-12),
        tx,
        "recencies are above the age; recency runs from the first purchase to the last, not from "
        "the last until now",
    )
    refuse((x == 0) & (tx != 0), tx, "recencies are not 0 though the customer never came back")
    return x, np.minimum(tx, t), t


def numbers(name: str, values: Any) -> Floats:
    """Values as an array; raises CustomerValueError where one is missing or no number."""
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise CustomerValueError(f"The {name} cannot be read as numbers: {error}") from error
    refuse(~np.isfinite(found), found, f"values of {name} are missing or infinite")
    return found


def refuse(wrong: npt.NDArray[np.bool_], values: Floats, what: str) -> None:
    """Raise an error that counts the wrong values and shows the first."""
    wrong = np.atleast_1d(wrong)
    if wrong.any():
        place = int(np.argmax(wrong))
        shown = np.atleast_1d(values)[place]
        raise CustomerValueError(
            f"{int(wrong.sum())} of {wrong.size} {what} (first: row {place + 1}, {shown:g})."
        )

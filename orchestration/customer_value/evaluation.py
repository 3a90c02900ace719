"""Foretold against came: how well purchases and values of a hold-out period were known before.

Belongs here: errors, rank correlation, what the foretold best brought, two plain baselines.
Doesn't belong here: foretelling itself.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from orchestration.customer_value.errors import CustomerValueError
from orchestration.customer_value.fitting import Floats


@dataclass(frozen=True)
class Evaluation:
    """`measures` has one row per model, `by_frequency` one per number of repeat purchases."""

    measures: pd.DataFrame
    by_frequency: pd.DataFrame


@dataclass(frozen=True)
class Measures:
    """How one foretelling fared. `top_tenth_share` is what the tenth foretold best brought."""

    model: str
    customers: int
    foretold: float
    came: float
    foretold_to_came: float
    mean_absolute_error: float
    root_mean_squared_error: float
    rank_correlation: float
    top_tenth_share: float


def evaluate(
    foretold: Any, came: Any, frequency: Any, age: Any, horizon: float, censor: int = 7
) -> Evaluation:
    """Hold what was foretold of each customer against what came.

    foretold, came: purchases (or value) of the hold-out period, one number per customer.
    frequency, age: of the time before, for the baselines: `same_rate` goes on at each
        customer's own rate, `mean` expects of each what came on average per customer and time.
    horizon: length of the hold-out, in the unit of age.
    censor: customers of this frequency and more make one row of `by_frequency`.
    """
    numbers = [np.asarray(one, dtype=np.float64) for one in (foretold, came, frequency, age)]
    if len({one.shape for one in numbers}) != 1 or numbers[0].size == 0:
        raise CustomerValueError("Pass one number per customer of each, of one customer at least.")
    told, seen, x, t = numbers
    rate = np.divide(x, t, out=np.zeros_like(x), where=t > 0)
    mean = float(x.sum() / t.sum()) if t.sum() > 0 else 0.0
    models = {
        "model": told,
        "same_rate": rate * horizon,
        "mean": np.full_like(x, mean * horizon),
    }
    rows = [asdict(measured(name, one, seen)) for name, one in models.items()]
    group = np.minimum(x, censor).astype(np.int64)
    table = pd.DataFrame({"frequency": group, "foretold": told, "came": seen})
    grouped = table.groupby("frequency", sort=True)
    by_frequency = grouped.mean().assign(customers=grouped.size()).reset_index()
    return Evaluation(pd.DataFrame(rows), by_frequency)


def measured(model: str, foretold: Floats, came: Floats) -> Measures:
    """The measures of one foretelling; ranks of equal numbers are shared."""
    errors = foretold - came
    total = float(came.sum())
    return Measures(
        model=model,
        customers=came.size,
        foretold=float(foretold.sum()),
        came=total,
        foretold_to_came=float(foretold.sum()) / total if total else float("nan"),
        mean_absolute_error=float(np.abs(errors).mean()),
        root_mean_squared_error=float(np.sqrt((errors**2).mean())),
        rank_correlation=_rank_correlation(foretold, came),
        top_tenth_share=_top_share(foretold, came) / total if total else float("nan"),
    )


def _rank_correlation(foretold: Floats, came: Floats) -> float:
    if np.ptp(foretold) == 0 or np.ptp(came) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(foretold), rankdata(came))[0, 1])


def _top_share(foretold: Floats, came: Floats) -> float:
    """What the tenth foretold best brought; equals at its edge share the places that are left."""
    places = max(1, round(foretold.size / 10))
    edge = np.sort(foretold)[::-1][places - 1]
    above, level = foretold > edge, foretold == edge
    left = (places - int(above.sum())) / int(level.sum())
    return float(came[above].sum() + left * came[level].sum())

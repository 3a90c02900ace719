"""What the warehouse expects of its customers, month by month, by what was known at each end.

Belongs here: a model per month and kind of purchase, the plain rate where there is too little to
learn from, and what follows for customers alike.
Doesn't belong here: the models (see `bg_nbd`, `gamma_gamma`), and what it means for a customer,
which is SQL (`fct_customer_value_monthly`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from orchestration.customer_value.bg_nbd import BgNbd, fit_bg_nbd
from orchestration.customer_value.errors import CustomerValueError
from orchestration.customer_value.evaluation import measured
from orchestration.customer_value.fitting import Floats
from orchestration.customer_value.gamma_gamma import GammaGamma, fit_gamma_gamma
from orchestration.customer_value.lifetime import discounted_purchases, per_month
from orchestration.customer_value.summary import DAYS

SHRUNKEN_RATE, SHRUNKEN_MEAN, NONE = "shrunken_rate", "shrunken_mean", "none"
SILENT = "Nothing of the kind was sold for more than {} days: no data, or no sales any more."
WEIGHT_DAYS = 6 * DAYS["month"]
COUNTS = ("frequency", "recency_days", "age_days")

_MODEL = [
    *((name, pa.float64()) for name in ("r", "alpha", "a", "b")),
    *((f"{name}_standard_error", pa.float64()) for name in ("r", "alpha", "a", "b")),
    ("log_likelihood", pa.float64()),
    ("spend_model", pa.string()),
    *((name, pa.float64()) for name in ("p", "q", "v")),
    *((f"{name}_standard_error", pa.float64()) for name in ("p", "q", "v")),
    ("spend_log_likelihood", pa.float64()),
    ("frequency_value_correlation", pa.float64()),
    ("notes", pa.string()),
]
SCHEMA = pa.schema(
    [
        ("month_start_date", pa.date32()),
        ("purchase_kind", pa.string()),
        *((name, pa.int32()) for name in COUNTS),
        ("customer_count", pa.int64()),
        ("value_model", pa.string()),
        ("probability_alive", pa.float64()),
        ("churn_risk", pa.float64()),
        ("expected_orders_holdout", pa.float64()),
        ("expected_orders_12_months", pa.float64()),
        ("discounted_orders", pa.float64()),
        *_MODEL,
    ]
)


@dataclass(frozen=True)
class Rules:
    """The company's rules, as of the table `customer_value`."""

    model: str
    horizon_months: int
    discount_pct_year: float
    holdout_days: int
    min_customers: int
    max_customers: int


@dataclass(frozen=True)
class ShrunkenRate:
    """Each customer's own rate, drawn to that of all as if six months of it had been seen."""

    mean: float

    def expected_purchases(self, horizon: Any, frequency: Any, recency: Any, age: Any) -> Floats:
        """Purchases within the horizon, in days."""
        return np.asarray(self._rate(frequency, age) * horizon)

    def probability_of_none(self, horizon: Any, frequency: Any, recency: Any, age: Any) -> Floats:
        """Probability of no purchase within the horizon, rates varying by Gamma."""
        shape = frequency + WEIGHT_DAYS * self.mean
        return np.asarray(np.exp(-shape * np.log1p(horizon / (age + WEIGHT_DAYS))))

    def _rate(self, frequency: Any, age: Any) -> Any:
        return (frequency + WEIGHT_DAYS * self.mean) / (age + WEIGHT_DAYS)


def foretold(
    customers: duckdb.DuckDBPyRelation,
    months: duckdb.DuckDBPyRelation,
    rules: duckdb.DuckDBPyRelation,
) -> pa.Table:
    """A table of SCHEMA: one row per month, kind of purchase and customers alike.

    `customers` as of `int_journey__customer_months`, `months` as of `int_journey__value_months`,
    `rules` the one row of the company's rules. The frequency counts days with a purchase after
    the first; expected orders are such days.
    """
    names = tuple(Rules.__dataclass_fields__)
    ours = [Rules(*row) for row in rules.project(", ".join(names)).fetchall()]
    keys = "month_start_date, purchase_kind"
    known = {
        (month, kind): flags
        for month, kind, *flags in months.project(f"{keys}, is_covered, is_fitted").fetchall()
    }
    counts = (
        customers.filter("frequency >= 0")
        .aggregate(f"{keys}, {', '.join(COUNTS)}, count(*) as customer_count")
        .order(f"{keys}, {', '.join(COUNTS)}")
        .df()
    )
    tables = []
    for (month, kind), rows in counts.groupby(["month_start_date", "purchase_kind"], sort=True):
        day = pd.Timestamp(str(month)).date()
        spent = _spent(customers, day, str(kind), ours[0])
        is_covered, is_fitted = known[day, str(kind)]
        told = _of_month(rows, is_covered, is_fitted, ours[0], spent)
        tables.append(pa.Table.from_pandas(told[SCHEMA.names], SCHEMA, preserve_index=False))
    return pa.concat_tables([SCHEMA.empty_table(), *tables])


def _spent(
    customers: duckdb.DuckDBPyRelation, month: date, kind: str, rules: Rules
) -> pd.DataFrame:
    """Purchases and their mean value of customers who paid, with how many are alike."""
    paid = customers.filter(
        f"month_start_date = date '{month}' and purchase_kind = '{kind}' "
        "and frequency >= 0 and net_amount_to_date > 0"
    )
    ((number,),) = paid.aggregate("count(*)").fetchall()
    parts = max(1, -(-number // rules.max_customers))
    return (
        paid.filter(f"mod(abs(mod(customer_key, 1000003)), {parts}) = 0")
        .aggregate(
            "frequency + 1 as purchases, net_amount_to_date as amount, count(*) as customers"
        )
        .order("purchases, amount")
        .df()
        .astype(np.float64)
    )


def _of_month(
    rows: pd.DataFrame, is_covered: bool, is_fitted: bool, rules: Rules, spent: pd.DataFrame
) -> pd.DataFrame:
    x, tx, t = (rows[name].to_numpy(dtype=np.float64) for name in COUNTS)
    w = rows["customer_count"].to_numpy(dtype=np.float64)
    came_back = float(w[x > 0].sum())
    model, name, notes = _purchases(x, tx, t, w, rules, came_back if is_fitted else 0.0)
    if not is_covered:
        model, name, notes = None, NONE, (SILENT.format(rules.holdout_days),)
    spend, spend_name, spend_notes = _spend(spent, rules, is_fitted)
    told = rows.assign(value_model=name, notes="; ".join([*notes, *spend_notes]) or None)
    years = 12 * DAYS["month"]
    nothing = np.full_like(x, np.nan)
    if model is None:
        told = told.assign(
            probability_alive=nothing,
            churn_risk=nothing,
            expected_orders_holdout=nothing,
            expected_orders_12_months=nothing,
            discounted_orders=nothing,
        )
    else:
        alive = model.probability_alive(x, tx, t) if isinstance(model, BgNbd) else nothing
        told = told.assign(
            probability_alive=alive,
            churn_risk=model.probability_of_none(float(rules.holdout_days), x, tx, t),
            expected_orders_holdout=model.expected_purchases(float(rules.holdout_days), x, tx, t),
            expected_orders_12_months=model.expected_purchases(years, x, tx, t),
            discounted_orders=discounted_purchases(
                model,
                x,
                tx,
                t,
                horizon_months=rules.horizon_months,
                discount_rate=per_month(rules.discount_pct_year),
                unit="day",
            ),
        )
    return told.assign(spend_model=spend_name, **_learnt(model, spend))


def _purchases(
    x: Floats, tx: Floats, t: Floats, w: Floats, rules: Rules, came_back: float
) -> tuple[BgNbd | ShrunkenRate | None, str, tuple[str, ...]]:
    """The model of a month: learnt, the plain rate, or none where nobody has come back yet."""
    notes: tuple[str, ...] = ()
    if came_back >= rules.min_customers:
        try:
            found = fit_bg_nbd(x, tx, t, w, modified=rules.model == "mbg_nbd")
        except CustomerValueError as error:
            notes = (str(error),)
        else:
            if found.converged or found.at_bound:
                return found, rules.model, found.notes
            notes = found.notes
    mean = float((w * x).sum()) / float((w * t).sum()) if (w * t).sum() > 0 else 0.0
    return (ShrunkenRate(mean), SHRUNKEN_RATE, notes) if mean > 0 else (None, NONE, notes)


def _spend(
    spent: pd.DataFrame, rules: Rules, is_fitted: bool
) -> tuple[GammaGamma | None, str, tuple[str, ...]]:
    """The model of values; else each customer's mean, drawn to that of all by one purchase."""
    purchases, amount, customers = (
        spent[name].to_numpy(dtype=np.float64) for name in ("purchases", "amount", "customers")
    )
    if not customers.sum():
        return None, NONE, ()
    notes: tuple[str, ...] = ()
    if is_fitted and customers[purchases > 1].sum() >= rules.min_customers:
        found = fit_gamma_gamma(purchases, amount / purchases, customers)
        if found.q > 1 and (found.converged or found.at_bound):
            return found, "gamma_gamma", found.notes
        notes = found.notes
    mean = float((customers * amount).sum() / (customers * purchases).sum())
    return GammaGamma(1.0, 2.0, mean), SHRUNKEN_MEAN, notes


def _learnt(model: BgNbd | ShrunkenRate | None, spend: GammaGamma | None) -> dict[str, float]:
    """Parameters as columns; missing where nothing was learnt."""
    told: dict[str, float] = {name: np.nan for name, kind in _MODEL if kind == pa.float64()}
    if isinstance(model, BgNbd):
        told |= model.parameters | {"log_likelihood": model.log_likelihood}
        told |= _errors(model.parameters, model.standard_errors)
    if spend is not None:
        told |= spend.parameters
        told |= _errors(spend.parameters, spend.standard_errors)
        told["spend_log_likelihood"] = spend.log_likelihood
        told["frequency_value_correlation"] = spend.correlation
    return told


def _errors(parameters: dict[str, float], errors: tuple[float, ...]) -> dict[str, float]:
    return {f"{name}_standard_error": e for name, e in zip(parameters, errors, strict=True)}


EVALUATED = pa.schema(
    [
        ("month_start_date", pa.date32()),
        ("purchase_kind", pa.string()),
        ("measure", pa.string()),
        ("forecast", pa.string()),
        ("value_model", pa.string()),
        ("customer_count", pa.int64()),
        ("foretold", pa.float64()),
        ("came", pa.float64()),
        ("foretold_to_came", pa.float64()),
        ("mean_absolute_error", pa.float64()),
        ("root_mean_squared_error", pa.float64()),
        ("rank_correlation", pa.float64()),
        ("top_tenth_share", pa.float64()),
    ]
)


def evaluated(tested: duckdb.DuckDBPyRelation) -> pa.Table:
    """A table of EVALUATED for customers as of `int_journey__values_tested`."""
    keys = "month_start_date, purchase_kind, value_model"
    rows: list[dict[str, Any]] = []
    for month, kind, model in tested.project(keys).distinct().order(keys).fetchall():
        customers = (
            tested.filter(f"month_start_date = date '{month}' and purchase_kind = '{kind}'")
            .order("customer_key")
            .df()
        )
        for measure in ("orders", "amount"):
            came = customers[f"came_{measure}"].to_numpy(dtype=np.float64)
            for forecast in ("model", "same_rate", "mean"):
                told = customers[f"{forecast}_{measure}"].to_numpy(dtype=np.float64)
                known = ~np.isnan(told)
                if not known.any():
                    continue
                found = asdict(measured(forecast, told[known], came[known]))
                found["customer_count"] = found.pop("customers")
                of = {"month_start_date": month, "purchase_kind": kind, "measure": measure}
                rows.append(of | {"forecast": found.pop("model"), "value_model": model} | found)
    table = pd.DataFrame(rows, columns=EVALUATED.names)
    return pa.Table.from_pandas(table, EVALUATED, preserve_index=False)

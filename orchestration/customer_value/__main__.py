"""Customer value from a terminal: `python -m orchestration.customer_value transactions.csv`.

Belongs here: reading arguments, printing, writing files. Doesn't belong here: anything that
another caller would want (see the modules beside).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.customer_value.errors import CustomerValueError

if TYPE_CHECKING:
    import pandas as pd

    from orchestration.customer_value.evaluation import Evaluation
    from orchestration.customer_value.gamma_gamma import GammaGamma
    from orchestration.customer_value.lifetime import Purchases
    from orchestration.customer_value.summary import Summary

MODELS = ("bg_nbd", "mbg_nbd", "pareto_nbd")


def main(arguments: list[str] | None = None) -> int:
    """Value the customers of a file; returns the exit status, 2 where the input does not serve."""
    given = _parser().parse_args(arguments)
    try:
        _value(given)
    except CustomerValueError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"A file cannot be read or written: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    of = argparse.ArgumentParser(
        prog="python -m orchestration.customer_value",
        description="Foretell purchases and value of customers from transactions, or from "
        "frequency, recency and age that were counted already.",
    )
    of.add_argument("table", type=Path, help="CSV file with a header line, or Parquet file")
    for name, default in (("customer", "customer"), ("date", "date"), ("amount", None)):
        of.add_argument(
            f"--{name}",
            metavar="COLUMN",
            default=default,
            help=f"of transactions (default {default or 'none: only purchases are foretold'})",
        )
    of.add_argument("--date-format", help="of dates in text, such as %%d/%%m/%%Y")
    of.add_argument("--end", metavar="DAY", help="last day that is seen (default: of the data)")
    of.add_argument("--holdout-end", metavar="DAY", help="hold out what came until then, and test")
    of.add_argument("--counted-once-per", default="day", help="day (default), week or month")
    of.add_argument("--with-first", action="store_true", help="count first purchases in values")
    for name, column in (("frequency", "x"), ("recency", "t_x"), ("age", "T"), ("monetary", "m")):
        of.add_argument(f"--{name}", metavar="COLUMN", help=f"of a table that is counted: {column}")
    of.add_argument("--unit", default="week", help="of times: day, week (default), month, year")
    of.add_argument("--model", choices=MODELS, default=MODELS[0], help="default bg_nbd")
    of.add_argument("--penalizer", type=float, default=0.0, help="keeps parameters small")
    of.add_argument("--horizon-days", type=float, default=365.0, help="default 365")
    of.add_argument("--months", type=int, default=12, help="of lifetime value (default 12)")
    of.add_argument("--discount-pct-year", type=float, default=10.0, help="default 10")
    of.add_argument("--out", type=Path, help="write customers to this file (.csv or .parquet)")
    return of


def _value(given: argparse.Namespace) -> None:
    from orchestration.customer_value.evaluation import evaluate
    from orchestration.customer_value.summary import DAYS

    summary = _counted(given) if given.frequency else _summarized(given)
    rows = summary.customers
    x, tx, t = (rows[name].to_numpy(dtype=float) for name in ("frequency", "recency", "age"))
    model = _fitted(given, x, tx, t)
    horizon = given.horizon_days / DAYS[given.unit]
    rows = rows.assign(
        probability_alive=model.probability_alive(x, tx, t),
        probability_of_none=model.probability_of_none(horizon, x, tx, t),
        expected_purchases=model.expected_purchases(horizon, x, tx, t),
    )
    rows, value, unpaid = _valued(given, rows, model)
    tested = None
    if summary.holdout:
        told = model.expected_purchases(summary.holdout, x, tx, t)
        tested = evaluate(told, rows["holdout_purchases"], x, t, summary.holdout)
    if given.out:
        _write(rows, given.out)
    _print(given, summary, model, value, rows, tested)
    if unpaid:
        print(f"{unpaid} customers whose purchases cost nothing taught no value.")


def _valued(
    given: argparse.Namespace, rows: pd.DataFrame, model: Purchases
) -> tuple[pd.DataFrame, GammaGamma | None, int]:
    """Rows with their value, where amounts are known, and how many paid nothing."""
    import numpy as np

    from orchestration.customer_value.gamma_gamma import fit_gamma_gamma
    from orchestration.customer_value.lifetime import lifetime_value, per_month

    x, tx, t, money = (
        rows[name].to_numpy(dtype=float) for name in ("frequency", "recency", "age", "monetary")
    )
    purchases = np.where(np.isnan(money), 0, x + (1 if given.with_first else 0))
    paid = money > 0
    if not paid.any():
        return rows, None, 0
    value = fit_gamma_gamma(purchases[paid], money[paid], penalizer=given.penalizer)
    average = value.expected_average_value(purchases, money)
    worth = lifetime_value(
        model,
        x,
        tx,
        t,
        average,
        horizon_months=given.months,
        discount_rate=per_month(given.discount_pct_year),
        unit=given.unit,
    )
    valued = rows.assign(
        expected_average_value=average,
        expected_value=average * rows["expected_purchases"],
        lifetime_value=worth,
    )
    return valued, value, int(((purchases > 0) & ~paid).sum())


def _summarized(given: argparse.Namespace) -> Summary:
    from orchestration.customer_value.summary import summarize

    return summarize(
        given.table,
        given.customer,
        given.date,
        given.amount,
        unit=given.unit,
        counted_once_per=given.counted_once_per,
        observation_end=given.end,
        holdout_end=given.holdout_end,
        with_first=given.with_first,
        date_format=given.date_format,
    )


def _counted(given: argparse.Namespace) -> Summary:
    """A table that has one row per customer already."""
    from datetime import date

    import duckdb

    from orchestration.customer_value.reading import column, open_connection, read_table
    from orchestration.customer_value.summary import Summary

    if not (given.recency and given.age):
        raise CustomerValueError("Name the columns --recency and --age beside --frequency.")
    with open_connection() as connection:
        table = read_table(connection, given.table)
        chosen = [
            f"cast({column(table, getattr(given, name), name)} as double) as {name}"
            for name in ("frequency", "recency", "age")
        ]
        money = "null" if not given.monetary else column(table, given.monetary, "monetary value")
        names = {name.strip().casefold() for name in table.columns}
        who = (
            column(table, given.customer, "customer")
            if given.customer.strip().casefold() in names
            else ("row_number() over ()")
        )
        try:
            rows = table.project(
                ", ".join([f"{who} as customer", *chosen, f"cast({money} as double) as monetary"])
            ).df()
        except duckdb.Error as error:
            raise CustomerValueError(f"{given.table} has no numbers there: {error}") from error
    return Summary(rows, given.unit, date.min, None, ())


def _fitted(given: argparse.Namespace, frequency: Any, recency: Any, age: Any) -> Any:
    from orchestration.customer_value.bg_nbd import fit_bg_nbd
    from orchestration.customer_value.pareto_nbd import fit_pareto_nbd

    if given.model == "pareto_nbd":
        return fit_pareto_nbd(frequency, recency, age, penalizer=given.penalizer)
    return fit_bg_nbd(
        frequency,
        recency,
        age,
        modified=given.model == "mbg_nbd",
        penalizer=given.penalizer,
    )


def _write(rows: pd.DataFrame, file: Path) -> None:
    if file.suffix.lower() in (".parquet", ".pq"):
        rows.to_parquet(file, index=False)
    elif file.suffix.lower() == ".csv":
        rows.to_csv(file, index=False)
    else:
        raise CustomerValueError(f"{file}: name a file that ends with .csv or .parquet.")


def _print(
    given: argparse.Namespace,
    summary: Summary,
    model: Purchases,
    value: GammaGamma | None,
    rows: pd.DataFrame,
    tested: Evaluation | None,
) -> None:
    for fitted in (model, value):
        if fitted is not None:
            print(_described(fitted))
    print(
        f"{len(rows):,} customers, {int((rows['frequency'] > 0).sum()):,} came back; "
        f"{rows['expected_purchases'].sum():,.2f} purchases expected within "
        f"{given.horizon_days:g} days, {rows['probability_alive'].sum():,.1f} customers alive"
    )
    if value is not None:
        print(
            f"mean value of a purchase {value.mean:,.4f} (correlation with frequency "
            f"{value.correlation:.3f}); lifetime value over {given.months} months "
            f"{rows['lifetime_value'].sum():,.2f}"
        )
    if tested is not None:
        print(f"held out until {summary.holdout_end}:")
        print(tested.measures.to_string(index=False, float_format=lambda one: f"{one:,.4f}"))
        print(tested.by_frequency.to_string(index=False, float_format=lambda one: f"{one:,.4f}"))
    for note in summary.notes:
        print(note)


def _described(fitted: Any) -> str:
    errors = fitted.standard_errors
    told = ", ".join(
        f"{name} {number:.4f} ({error:.4f})"
        for (name, number), error in zip(fitted.parameters.items(), errors, strict=True)
    )
    name = getattr(fitted, "name", "Gamma-Gamma")
    lines = [f"{name}: {told}; log-likelihood {fitted.log_likelihood:,.3f}"]
    return "\n".join([*lines, *fitted.notes])


if __name__ == "__main__":
    sys.exit(main())

"""The step of the warehouse: two sets of models learnt, one to be tested and one to be used.

Belongs here: which rows are learnt from and foretold, and the columns of the result.
Doesn't belong here: how odds are learnt (see `model`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from threadpoolctl import threadpool_limits

from orchestration.propensity.encoding import (
    COLUMNS,
    Encoding,
    Matrix,
    distinct_rows,
    learn_encoding,
)
from orchestration.propensity.model import DIGITS, Fit, drivers, learn, version

STAGES = ("awareness", "consideration", "intent", "purchase", "service", "loyalty")
NO_STEP = "none"
CHUNK_ROWS = 250_000

SCHEMA = pa.schema(
    [
        ("cutoff_number", pa.int32()),
        ("cutoff_date", pa.date32()),
        ("profile_key", pa.int64()),
        ("customer_key", pa.int64()),
        ("market_state", pa.string()),
        ("purchase_probability", pa.float64()),
        ("next_step_probability", pa.float64()),
        *((f"next_{stage}_probability", pa.float64()) for stage in STAGES),
        ("expected_stage", pa.string()),
        ("drivers", pa.string()),
        ("purchase_method", pa.string()),
        ("step_method", pa.string()),
        ("stage_method", pa.string()),
        ("model_version", pa.string()),
        ("trained_until_date", pa.date32()),
        ("is_converted", pa.bool_()),
        ("next_stage", pa.string()),
    ]
)


@dataclass(frozen=True)
class Foreteller:
    """Odds of a purchase, of any step, and of each stage given a step."""

    encoding: Encoding
    purchase: Fit
    step: Fit
    stage: Fit
    trained_until: date | None

    def foretell(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Columns of SCHEMA for rows of features, in the rows' order.

        Rows that are encoded alike have the same odds, which are worked out once.
        """
        flags = self.encoding.encode(rows)
        first, kind, _ = distinct_rows(flags)
        some, matrix = rows.iloc[first], flags[first].astype(np.float64)
        purchase, step, given = (
            fit.probabilities(some, matrix) for fit in (self.purchase, self.step, self.stage)
        )
        stages = _by_stage(step, given, self.stage.classes).round(DIGITS)
        odds = pd.DataFrame(stages, columns=[f"next_{stage}_probability" for stage in STAGES])
        odds["purchase_probability"] = purchase[:, 0].round(DIGITS)
        odds["next_step_probability"] = step[:, 0].round(DIGITS)
        odds["expected_stage"] = pd.Series(_likeliest(stages), dtype=object)
        odds["drivers"] = pd.Series(drivers(self.purchase, self.encoding, matrix), dtype=object)
        told = odds.iloc[kind].reset_index(drop=True)
        return pd.concat([rows.reset_index(drop=True), told], axis="columns").assign(
            purchase_method=self.purchase.method,
            step_method=self.step.method,
            stage_method=self.stage.method,
            model_version=version(self.trained_until, [self.purchase, self.step, self.stage]),
            trained_until_date=self.trained_until,
        )


def _by_stage(step: Matrix, given: Matrix, classes: tuple[object, ...]) -> Matrix:
    """Rows x STAGES: probability of a step in each; NaN where no stage was learnt."""
    found = np.zeros((len(step), len(STAGES)))
    for place, stage in enumerate(classes):
        found[:, STAGES.index(str(stage))] = given[:, place] * step[:, 0]
    return found if classes else np.full_like(found, np.nan)


def _likeliest(stages: Matrix) -> list[str | None]:
    places = np.where(np.isnan(stages), -1, stages).argmax(axis=1)
    return [
        None if np.isnan(stages[row, place]) else STAGES[place] for row, place in enumerate(places)
    ]


def foretold(
    features: duckdb.DuckDBPyRelation,
    cutoffs: duckdb.DuckDBPyRelation,
    rules: duckdb.DuckDBPyRelation,
) -> pa.RecordBatchReader:
    """Rows of SCHEMA for the profiles of the days that test the model and of the last day.

    `features` as of `int_journey__propensity_features`, `cutoffs` as of `int_journey__cutoff_days`,
    `rules` the one row of the company's rules. Read in parts, so that memory stays small.
    """
    days = cutoffs.order("cutoff_number").df()
    found = rules.select("min_conversions").fetchall()
    min_customers = int(found[0][0]) if found else 1
    learnt = set(days.loc[days["trains_current"] | days["trains_backtest"], "cutoff_number"])
    past = _rows(features, f"cutoff_number in ({_listed(learnt)})")
    tested = learn_all(past, days[days["trains_backtest"]], min_customers)
    used = learn_all(past, days[days["trains_current"]], min_customers)
    held_out = set(days.loc[days["is_held_out"], "cutoff_number"])
    current = set(days.loc[days["is_current"], "cutoff_number"])
    del past

    def batches() -> Iterator[pa.RecordBatch]:
        for foreteller, numbers in ((tested, held_out), (used, current)):
            for rows in _parts(features, f"cutoff_number in ({_listed(numbers)})"):
                with threadpool_limits(1):  # so that sums do not depend on the processors
                    told = foreteller.foretell(rows)[SCHEMA.names]
                yield from pa.Table.from_pandas(told, SCHEMA, preserve_index=False).to_batches()

    return pa.RecordBatchReader.from_batches(SCHEMA, batches())


def learn_all(rows: pd.DataFrame, days: pd.DataFrame, min_customers: int) -> Foreteller:
    """Learn from the rows of these cut-off days; `rows` are those of the features with outcomes."""
    known = rows[rows["cutoff_number"].isin(days["cutoff_number"])].reset_index(drop=True)
    encoding = learn_encoding(known)
    flags = encoding.encode(known)
    bought = known["is_converted"].to_numpy(dtype=bool)
    steps = (known["next_stage"] != NO_STEP).to_numpy(dtype=bool)
    stages = known["next_stage"].to_numpy(dtype=object)
    until = days["horizon_end_date"].max() if len(days) else None
    return Foreteller(
        encoding=encoding,
        purchase=learn(known, flags, bought, min_customers),
        step=learn(known, flags, steps, min_customers),
        stage=learn(known[steps], flags[steps], stages[steps], min_customers),
        trained_until=None if until is None or pd.isna(until) else pd.Timestamp(until).date(),
    )


def _rows(features: duckdb.DuckDBPyRelation, condition: str) -> pd.DataFrame:
    """Rows in an order of their own, whatever the number of threads."""
    keys = ("cutoff_number", "cutoff_date", "profile_key", "customer_key")
    read = ", ".join((*keys, *COLUMNS, "is_converted", "next_stage"))
    return features.filter(condition).project(read).order("cutoff_number, profile_key").df()


def _parts(features: duckdb.DuckDBPyRelation, condition: str) -> Iterator[pd.DataFrame]:
    ((rows,),) = features.filter(condition).aggregate("count(*)").fetchall()
    parts = max(1, -(-rows // CHUNK_ROWS))
    for part in range(parts):
        yield _rows(
            features, f"{condition} and mod(abs(mod(profile_key, 1000003)), {parts}) = {part}"
        )


def _listed(numbers: set[int]) -> str:
    return ", ".join(str(int(number)) for number in sorted(numbers)) or "null"

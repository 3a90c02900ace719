"""What is known of a profile, as columns of yes and no that a linear model can add up.

Each count is asked whether it reaches a step, each number of days into which span it falls; a day
that never was falls into none. All of it is held apart for identified and anonymous profiles,
since the same visit means something else for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]

IDENTIFIED = "is_identified"
STATE = "market_state"
COUNTS: dict[str, tuple[int, ...]] = {
    "conversions_year": (1, 2, 3),
    "steps_week": (1, 2, 4),
    "steps_quarter": (1, 2, 4, 8),
    "steps_year": (1, 2, 3, 5, 8),
    "awareness_month": (1, 2),
    "consideration_month": (1, 2, 4),
    "intent_month": (1, 2, 4),
    "service_month": (1,),
    "loyalty_month": (1,),
    "paid_month": (1, 2),
    "owned_month": (1, 2),
    "earned_month": (1, 2),
    "physical_month": (1,),
    "contacts_month": (1, 2, 4),
    "opens_quarter": (1, 2, 3),
}
DAYS: dict[str, tuple[int, ...]] = {
    "tenure_days": (7, 30, 90, 180),
    "step_days": (1, 3, 7, 14, 30, 60, 90, 180),
    "contacted_days": (1, 3, 7, 14, 30, 60, 90),
    "intent_days": (1, 3, 7, 14, 30, 60, 90),
    "conversion_days": (1, 3, 7, 14, 30, 60, 90, 180),
}
CATEGORIES = (STATE, "market_code", "device_category")
COLUMNS = (*COUNTS, *DAYS, *CATEGORIES, IDENTIFIED)
FEWEST_ROWS = 50


@dataclass(frozen=True)
class Encoding:
    """How rows become a matrix; `levels` are the values of each category that were learnt from."""

    levels: dict[str, tuple[str, ...]]
    sources: tuple[str, ...]

    @property
    def width(self) -> int:
        """Columns of the matrix."""
        return len(self.sources)

    def encode(self, rows: pd.DataFrame) -> Flags:
        """Rows x width; the second half is that of the identified."""
        shared = np.column_stack([column for _, column in _columns(rows, self.levels)])
        identified = rows[IDENTIFIED].to_numpy(dtype=bool)[:, None]
        return np.hstack([shared, identified, shared & identified])


def learn_encoding(rows: pd.DataFrame) -> Encoding:
    """The encoding for rows like these; a rare market or device has no column of its own."""
    levels = {}
    for category in CATEGORIES:
        counts = rows[category].value_counts()
        fewest = 1 if category == STATE else FEWEST_ROWS
        levels[category] = tuple(sorted(counts[counts >= fewest].index))
    shared = tuple(name for name, _ in _columns(rows.head(0), levels))
    return Encoding(levels, (*shared, IDENTIFIED, *shared))


def distinct_rows(flags: Flags) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """First of each kind of row, the kind of every row, and how many there are of a kind."""
    packed = np.ascontiguousarray(np.packbits(flags, axis=1))
    lines = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, kind, counts = np.unique(
        lines, return_index=True, return_inverse=True, return_counts=True
    )
    return first, kind, counts


def _columns(rows: pd.DataFrame, levels: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, Flags]]:
    """Each column with the name of what it was made from."""
    for name, steps in COUNTS.items():
        values = rows[name].to_numpy(dtype=np.float64)
        for step in steps:
            yield name, values >= step
    for name, ends in DAYS.items():
        days = rows[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for first, end in zip((0, *ends), (*ends, np.inf), strict=True):
            yield name, (days >= first) & (days < end)
    for name in CATEGORIES:
        for level in levels[name]:
            yield name, (rows[name] == level).to_numpy(dtype=bool)

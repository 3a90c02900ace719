"""Periods in file names."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.lib.periods import in_window, normal_period, period_dates, safe_name


@pytest.mark.parametrize(
    ("text", "period", "days"),
    [
        ("2025", "2025", (date(2025, 1, 1), date(2025, 12, 31))),
        ("202502", "2025-02", (date(2025, 2, 1), date(2025, 2, 28))),
        ("2024_02", "2024-02", (date(2024, 2, 1), date(2024, 2, 29))),
        ("2025-12", "2025-12", (date(2025, 12, 1), date(2025, 12, 31))),
        ("20250131", "2025-01-31", (date(2025, 1, 31), date(2025, 1, 31))),
        ("2020-W53", "2020-W53", (date(2020, 12, 28), date(2021, 1, 3))),
        ("2025w1", "2025-W01", (date(2024, 12, 30), date(2025, 1, 5))),
    ],
)
def test_forms_of_periods(text: str, period: str, days: tuple[date, date]) -> None:
    assert normal_period(text) == period
    assert period_dates(period) == days


@pytest.mark.parametrize("text", ["2025-13", "20250230", "2025-W54", "2021-W53", "25-01", "x", ""])
def test_what_is_no_period(text: str) -> None:
    assert normal_period(text) is None


def test_a_window_takes_periods_by_their_first_day() -> None:
    window = (date(2025, 1, 1), date(2025, 1, 31))
    assert in_window("2025-01", window)
    assert not in_window("2025-02-01", window)
    assert in_window("catalogue.csv", window), "a file without a day is never out of the window"
    assert in_window("2030", None)


def test_partition_names_are_harmless_and_unique() -> None:
    assert safe_name("2025-01__2") == "2025-01__2"
    names = ["a/b", "a\\b", "../x", "_x", "", ".", "ñ", "n" * 300, "n" * 301]
    safe = [safe_name(name) for name in names]
    assert len(set(safe)) == len(names)
    assert all(
        "/" not in name and len(name) < 130 and not name.startswith(("_", ".")) for name in safe
    )

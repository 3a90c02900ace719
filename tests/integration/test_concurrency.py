"""Two runs of the main job at once on one data folder take turns on the warehouse."""

from __future__ import annotations

from datetime import date

import pytest
from main_job import CornerShop, Outcome

SALES = {"2025-03-03": (2, 22.5), "2025-03-04": (1, 4.0)}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> CornerShop:
    """A company on an empty data folder, with two days of sales in its inbox."""
    folder = tmp_path_factory.mktemp("two_at_once")
    shop = CornerShop(folder, tmp_path_factory.getbasetemp() / "dbt_target")
    shop.sell(date(2025, 3, 3), ("M1", "EUR", 1, 10.0), ("M2", "GBP", 1, 10.0))
    shop.sell(date(2025, 3, 4), ("T1", "USD", 5, 1.0))
    return shop


@pytest.fixture(scope="module")
def both(shop: CornerShop) -> list[Outcome]:
    """What came of two runs that were started together."""
    processes = [shop.job.start() for _ in range(2)]
    outputs = [process.communicate()[0] for process in processes]
    return [
        Outcome(process.returncode, output, 0.0)
        for process, output in zip(processes, outputs, strict=True)
    ]


def test_both_runs_end_well(both: list[Outcome]) -> None:
    for outcome in both:
        outcome.succeeded()


def test_one_waits_for_the_other_and_says_so(both: list[Outcome]) -> None:
    waited = ["waiting for its end" in outcome.output for outcome in both]
    assert sorted(waited) == [False, True]


def test_every_sale_is_published_once(shop: CornerShop, both: list[Outcome]) -> None:
    assert shop.takings() == SALES
    files = shop.job.ask(
        "select count(*) from marts.source_freshness where subject_name = 'till/order_line'"
    )
    assert files == [(1,)]

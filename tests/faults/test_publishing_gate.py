"""What fails a gate publishes nothing: yesterday's file stays, and the next good run goes on.

One story of a small company outside the project, told in order by runs of the main job: a good
day, a day without an exchange rate, the rate restored but a file spoiled, the file sent again.
Amounts are worked out by hand: a pound is 1.25 EUR, a dollar 0.80 EUR.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from main_job import CornerShop, Outcome

MONDAY, TUESDAY, WEDNESDAY = (date(2025, 3, day) for day in (3, 4, 5))
RATE = "  - {currency: GBP, valid_from: 2025-01-01, rate: 1.25}\n"
GOOD = [("W1", "EUR", 1.0, 3.0), ("W1", "EUR", 2.0, 4.0), ("W2", "EUR", 1.0, 5.0)]
MONDAYS = {"2025-03-03": (2, 22.5)}  # 1 x 10 EUR, 1 x 10 GBP
ALL_DAYS = MONDAYS | {
    "2025-03-04": (2, 9.0),  # 4 x 1 GBP, 5 x 1 USD
    "2025-03-05": (3, 16.0),
}


@dataclass
class Chapter:
    """A run, and what readers saw after it."""

    outcome: Outcome
    published_hash: str
    versions: list[str]
    takings: dict[str, tuple[int, float]]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Chapter]:
    shop = CornerShop(
        tmp_path_factory.mktemp("gate"), tmp_path_factory.getbasetemp() / "dbt_target"
    )
    chapters: dict[str, Chapter] = {}

    def run(name: str) -> None:
        outcome = shop.job.run()
        chapters[name] = Chapter(
            outcome, shop.job.published_hash(), shop.job.versions(), shop.takings()
        )

    shop.sell(MONDAY, ("M1", "EUR", 1, 10.0), ("M2", "GBP", 1, 10.0))
    run("good")
    shop.sell(TUESDAY, ("T1", "GBP", 4, 1.0), ("T2", "USD", 5, 1.0))
    shop.edit_rules(RATE, "")
    run("rate missing")
    shop.edit_rules("fx:\n", "fx:\n" + RATE)
    spoiled = shop.sell(WEDNESDAY, *GOOD)
    spoiled.write_text(spoiled.read_text("utf-8").replace(";4.0;", ";four;"), "utf-8")
    run("spoiled")
    shop.sell(WEDNESDAY, *GOOD)
    run("good again")
    return chapters


def test_a_company_outside_the_project_is_published(story: dict[str, Chapter]) -> None:
    assert story["good"].outcome.succeeded()
    assert story["good"].takings == MONDAYS


def test_a_mart_without_an_exchange_rate_is_not_published(story: dict[str, Chapter]) -> None:
    failed = story["rate missing"].outcome
    assert failed.code == 1
    assert "amounts_are_valued" in failed.output
    assert "Not published" in failed.output
    assert f"Readers still see version {story['good'].versions[-1]}" in failed.output


def test_a_batch_with_too_many_bad_rows_stops_before_the_models(story: dict[str, Chapter]) -> None:
    failed = story["spoiled"].outcome
    assert failed.code == 1
    assert "1 of 3 rejected, 10 % allowed" in failed.output
    assert "NOT loaded" in failed.output
    assert "model 1:" not in failed.output


def test_yesterdays_file_stays_byte_for_byte(story: dict[str, Chapter]) -> None:
    for failed in ("rate missing", "spoiled"):
        assert story[failed].published_hash == story["good"].published_hash
        assert story[failed].versions == story["good"].versions
        assert story[failed].takings == MONDAYS


def test_the_next_good_run_publishes_what_waited(story: dict[str, Chapter]) -> None:
    assert story["good again"].outcome.succeeded()
    assert story["good again"].takings == ALL_DAYS
    assert len(story["good again"].versions) == 2

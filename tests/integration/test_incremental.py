"""What arrives piece by piece gives, row for row, what a full refresh gives."""

from __future__ import annotations

from main_job import Stage, differing_tables


def test_an_increment_changes_the_tables(first_half: Stage, whole: Stage) -> None:
    """The comparison sees what the second half brought, so it would see what it lost."""
    changed = differing_tables(first_half.warehouse, whole.warehouse)
    assert {"marts.fct_touchpoint", "marts.fct_ad_spend_daily", "marts.fct_sell_out"} <= set(
        changed
    )
    assert len(changed) > 50


def test_an_increment_equals_a_full_refresh(whole: Stage, full_refresh: Stage) -> None:
    assert differing_tables(whole.warehouse, full_refresh.warehouse) == {}


def test_a_backfill_builds_its_days_and_changes_nothing(whole: Stage, backfill: Stage) -> None:
    assert len(backfill.versions) == len(whole.versions) + 1
    assert differing_tables(whole.warehouse, backfill.warehouse) == {}

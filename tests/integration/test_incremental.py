"""What arrives piece by piece gives, row for row, what a full refresh gives."""

from __future__ import annotations

from main_job import Stage, differing_tables

# They tell of runs, not of the company.
OF_RUNS = {"marts.quality_result", "marts.quarantine_summary", "marts.source_freshness"}


def test_an_increment_equals_a_full_refresh(
    whole: Stage, backfill: Stage, full_refresh: Stage
) -> None:
    assert whole.outcome.code == 0
    assert differing_tables(backfill.warehouse, full_refresh.warehouse, OF_RUNS) == {}


def test_a_backfill_changes_nothing(whole: Stage, backfill: Stage) -> None:
    assert differing_tables(whole.warehouse, backfill.warehouse, OF_RUNS) == {}

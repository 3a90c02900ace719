"""What starts the job without a person: the sensor on files that arrive, the daily schedule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from main_job import CornerShop

from orchestration import definitions, project
from orchestration.lib.ingest import ingest_feed
from orchestration.lib.layouts import load_layouts

CACHED = (
    project.settings,
    project.company,
    project.daily_partitions,
    project.dbt_project,
    project.dbt_manifest,
)


@pytest.fixture
def shop(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CornerShop]:
    """A small company, which the definitions of this process are about."""
    shop = CornerShop(tmp_path, tmp_path_factory.getbasetemp() / "dbt_target")
    for name, value in shop.job.environment.items():
        if name.startswith(("CFS_", "DAGSTER_", "DBT_")):
            monkeypatch.setenv(name, value)
    for cached in CACHED:
        cached.cache_clear()
    yield shop
    for cached in CACHED:
        cached.cache_clear()


def load(shop: CornerShop) -> None:
    """Load the shop's new files into bronze."""
    company = project.company()
    for feed in company.feeds:
        ingest_feed(shop.job.settings, company, feed, load_layouts()[feed.layout_name])


def test_the_sensor_asks_for_a_run_when_files_have_come(shop: CornerShop) -> None:
    sensor = definitions.defs().resolve_sensor_def("files_arrived")

    def look() -> dg.RunRequest | dg.SkipReason:
        with dg.DagsterInstance.ephemeral() as instance:
            return sensor(dg.build_sensor_context(instance=instance))

    assert isinstance(look(), dg.SkipReason)
    shop.sell(date(2025, 3, 3), ("M1", "EUR", 1, 10.0))
    first = look()
    assert isinstance(first, dg.RunRequest)
    assert look() == first  # the same run key, so that waiting files start one run
    load(shop)
    assert isinstance(look(), dg.SkipReason)
    shop.sell(date(2025, 3, 4), ("T1", "EUR", 1, 10.0))
    second = look()
    assert isinstance(second, dg.RunRequest)
    assert second.run_key != first.run_key


def test_the_schedule_runs_in_the_companys_morning(shop: CornerShop) -> None:
    schedule = definitions.defs().resolve_schedule_def("every_morning")
    assert schedule.execution_timezone == "Europe/Madrid"
    assert schedule.cron_schedule == "0 5 * * *"
    assert schedule.job_name == "everything"

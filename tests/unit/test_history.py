"""Dagster's history on connections that stay open: the same files, events and answers."""

import shutil
from pathlib import Path

import dagster as dg
import pytest

from orchestration import history
from orchestration.lib.settings import PROJECT_ROOT

KEY = dg.AssetKey("thing")


@dg.asset(name="thing", check_specs=[dg.AssetCheckSpec("is_fine", asset="thing")])
def thing():
    yield dg.MaterializeResult(metadata={"rows": 3})
    yield dg.AssetCheckResult(check_name="is_fine", passed=True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(PROJECT_ROOT / "orchestration" / "dagster.yaml", tmp_path / "dagster.yaml")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


def test_events_are_those_that_dagsters_own_storage_reads(home: Path):
    with dg.DagsterInstance.get() as instance:
        run = dg.materialize([thing], instance=instance)
        told = [record.dagster_event_type for record in instance.all_logs(run.run_id)]
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with dg.DagsterInstance.get() as plain:
        assert not isinstance(plain.event_log_storage, history.HistoryStorage)
        assert [record.dagster_event_type for record in plain.all_logs(run.run_id)] == told
        event = plain.get_latest_materialization_event(KEY)
    assert len(told) > 5
    assert event.asset_materialization.metadata["rows"].value == 3


def test_connections_are_kept_and_not_too_many(home: Path, monkeypatch: pytest.MonkeyPatch):
    opened = []
    make = history.create_engine
    monkeypatch.setattr(
        history, "create_engine", lambda url, **options: opened.append(url) or make(url, **options)
    )
    with dg.DagsterInstance.get() as instance:
        storage = instance.event_log_storage
        assert isinstance(storage, history.HistoryStorage)
        dg.materialize([thing], instance=instance)
        assert len(opened) == len(set(opened)) == 2
        for _ in range(history.MOST_OPEN + 1):
            run = dg.materialize([thing], instance=instance)
        assert len(storage._engines) == history.MOST_OPEN
        assert instance.get_run_by_id(run.run_id).is_success

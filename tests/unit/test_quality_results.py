"""Results of checks on disk: appended per run, replaced on retry, readable before any run."""

from __future__ import annotations

from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pytest

from data_quality.checks import (
    CheckDefinition,
    CheckResult,
    FailedRow,
    Run,
    Verdict,
    asset_check_specs,
)
from data_quality.results import (
    ResultsError,
    ensure_results,
    read_failed_rows,
    read_results,
    results_dir,
    write_failed_rows,
    write_results,
)
from orchestration.lib.settings import Settings

START = datetime(2025, 12, 31, 23, 59)


def settings_in(folder: Path) -> Settings:
    return Settings.from_environment({"CFS_DATA_DIR": str(folder)})


def result(
    run: Run, asset: str, check: str, success: bool = True, severity: str = "warning"
) -> CheckResult:
    return CheckResult(
        run.run_id,
        run.run_at,
        "arrival",
        asset,
        check,
        "ExpectRowsToPass",
        severity,  # type: ignore[arg-type]
        success,
        10,
        0 if success else 1,
        "observed",
        "described",
    )


def test_tables_exist_before_the_first_run(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    assert read_results(settings) == [] and read_failed_rows(settings) == []
    ensure_results(settings)
    found = duckdb.sql(
        f"describe from read_parquet('{results_dir(settings)}/*.parquet')"
    ).fetchall()
    assert {name: kind for name, kind, *_ in found} == {
        "run_id": "VARCHAR", "run_at": "TIMESTAMP", "gate": "VARCHAR", "asset": "VARCHAR",
        "check_name": "VARCHAR", "expectation_type": "VARCHAR", "severity": "VARCHAR",
        "success": "BOOLEAN", "rows_evaluated": "BIGINT", "rows_failed": "BIGINT",
        "observed_value": "VARCHAR", "description": "VARCHAR",
    }  # fmt: skip


def test_a_run_grows_and_a_retried_check_replaces_its_result(tmp_path: Path) -> None:
    settings, run = settings_in(tmp_path), Run("run1", START)
    write_results(settings, [result(run, "a/x", "one"), result(run, "a/x", "two", success=False)])
    write_results(settings, [result(run, "a/y", "one")])
    write_results(settings, [result(run, "a/x", "two")])
    found = read_results(settings)
    assert [(r.asset, r.check_name, r.success) for r in found] == [
        ("a/x", "one", True), ("a/x", "two", True), ("a/y", "one", True),
    ]  # fmt: skip


def test_the_last_runs_are_the_newest_by_time(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    for number in (3, 1, 2):
        run = Run(f"run{9 - number}", START + timedelta(days=number))
        write_results(settings, [result(run, "a/x", "one")])
    assert [r.run_id for r in read_results(settings, last_runs=2)] == ["run7", "run6"]
    assert read_results(settings, last_runs=0) == []


def test_a_run_is_whole_though_its_gates_judged_at_different_times(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    for minutes, run_id in ((0, "run1"), (1, "run2"), (2, "run2")):
        run = Run(run_id, START + timedelta(minutes=minutes))
        write_results(settings, [result(run, "a/x", f"check_{minutes}")])
    assert [r.check_name for r in read_results(settings, last_runs=1)] == ["check_1", "check_2"]


def test_failed_rows_keep_every_row_of_a_check(tmp_path: Path) -> None:
    settings, run = settings_in(tmp_path), Run.now("run1")
    rows = [
        FailedRow("run1", run.run_at, "marts/a", "c", "critical", f'{{"k": {i}}}') for i in (1, 2)
    ]
    write_failed_rows(settings, rows)
    assert read_failed_rows(settings) == rows


def test_a_run_id_never_leaves_the_folder(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    (path,) = write_results(settings, [result(Run("a/../../b", START), "a/x", "one")])
    assert path.parent == results_dir(settings)
    with pytest.raises(ResultsError, match="letter or digit"):
        write_results(settings, [result(Run("../b", START), "a/x", "one")])


def _write_many(folder: Path, asset: str) -> None:
    for number in range(10):
        write_results(settings_in(folder), [result(Run("run1", START), asset, f"check{number}")])


def test_writers_of_one_run_do_not_lose_each_others_results(tmp_path: Path) -> None:
    ensure_results(settings_in(tmp_path))
    workers = [
        get_context("spawn").Process(target=_write_many, args=(tmp_path, f"a/{i}"))
        for i in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(read_results(settings_in(tmp_path))) == 30


def test_only_critical_failures_stop_a_run() -> None:
    run = Run.now("run1")
    assert not Verdict().may_publish, "no result is no permission"
    verdict = Verdict([result(run, "a/x", "one"), result(run, "a/x", "two", success=False)])
    assert verdict.may_publish
    verdict.results.append(result(run, "a/x", "three", success=False, severity="critical"))
    assert [r.check_name for r in verdict.critical_failures] == ["three"]
    assert not verdict.may_publish


def test_definitions_become_asset_checks() -> None:
    definition = CheckDefinition(
        "marts", "marts/fct_a", "one", "critical", "Why", "ExpectRowsToPass"
    )
    assert asset_check_specs([definition])[0] | {"metadata": {}} == {
        "name": "one", "asset": ["marts", "fct_a"], "description": "Why", "blocking": True,
        "metadata": {},
    }  # fmt: skip
    with pytest.raises(ValueError, match="letters, digits and underscores"):
        CheckDefinition("marts", "marts/fct_a", "one two", "critical", "Why", "ExpectRowsToPass")

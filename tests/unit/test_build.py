"""The build file of a run, and runs that take turns."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import duckdb
import pytest

from orchestration.identity.options import MEMORY_FOLDER
from orchestration.lib.build import (
    good_derived,
    inputs_fingerprint,
    lock_path,
    prepare_build,
    promote,
    read_state,
)
from orchestration.lib.locks import LockTimeout, end_turn, take_turn
from orchestration.lib.settings import Settings, SettingsError


def write(path: Path, number: int) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create or replace table t as select {number} as n")


def number_in(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("select n from t").fetchone()[0]


def test_a_run_builds_on_the_last_good_warehouse_not_on_what_failed(settings: Settings) -> None:
    prepare_build(settings, "run-1")
    write(settings.build_path, 1)
    promote(settings, "v1")
    assert number_in(settings.warehouse_path) == 1
    prepare_build(settings, "run-2")
    write(settings.build_path, 2)
    end_turn(lock_path(settings))
    prepare_build(settings, "run-3")
    assert number_in(settings.build_path) == 1, "run-2 was never published"
    assert read_state(settings.build_path)["run_id"] == "run-3"
    end_turn(lock_path(settings))


def test_keys_and_model_come_from_the_last_good_run(settings: Settings) -> None:
    derived = settings.station("derived")
    for run, published in (("run-1", True), ("run-2", False)):
        prepare_build(settings, run)
        write(settings.build_path, 1)
        (derived / MEMORY_FOLDER).mkdir(parents=True, exist_ok=True)
        (derived / MEMORY_FOLDER / "model.json").write_text(run)
        (derived / "customer_cluster.parquet").write_text(run)
        if published:
            promote(settings, "v1")
    assert (good_derived(settings) / "customer_cluster.parquet").read_text() == "run-1"
    end_turn(lock_path(settings))
    prepare_build(settings, "run-3")
    assert (derived / MEMORY_FOLDER / "model.json").read_text() == "run-1"
    end_turn(lock_path(settings))


def test_a_warehouse_built_anew_keeps_the_model_and_scores_all_pairs(settings: Settings) -> None:
    memory = settings.station("derived") / MEMORY_FOLDER
    prepare_build(settings, "run-1")
    write(settings.build_path, 1)
    memory.mkdir(parents=True)
    (memory / "model.json").write_text("learnt")
    with duckdb.connect() as connection:
        for name in ("profile", "scored"):
            connection.execute(f"copy (select 1 as n) to '{memory}/{name}.parquet'")
    promote(settings, "v1")
    settings.warehouse_path.unlink()
    prepare_build(settings, "run-2")
    assert (memory / "model.json").read_text() == "learnt"
    with duckdb.connect() as connection:
        for name in ("profile", "scored"):
            path = memory / f"{name}.parquet"
            assert connection.execute(f"select count(*) from '{path}'").fetchall() == [(0,)]
    end_turn(lock_path(settings))


def test_the_second_step_of_a_run_goes_on_with_its_build(settings: Settings) -> None:
    assert prepare_build(settings, "run-1")
    write(settings.build_path, 1)
    assert not prepare_build(settings, "run-1"), "once per run"
    assert number_in(settings.build_path) == 1
    end_turn(lock_path(settings))


def test_a_crash_leaves_the_last_good_warehouse(settings: Settings) -> None:
    prepare_build(settings, "run-1")
    write(settings.build_path, 1)
    promote(settings, "v1")
    script = textwrap.dedent(
        f"""
        import os, duckdb
        from orchestration.lib.settings import Settings
        from orchestration.lib.build import prepare_build
        s = Settings.from_environment({{"CFS_DATA_DIR": {str(settings.data_dir)!r}}})
        prepare_build(s, "run-2")
        c = duckdb.connect(str(s.build_path))
        c.execute("create or replace table t as select 2 as n")
        os.kill(os.getpid(), 9)
        """
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    prepare_build(settings, "run-3")
    assert number_in(settings.build_path) == 1
    end_turn(lock_path(settings))


def test_processes_take_turns(settings: Settings, tmp_path: Path) -> None:
    lock = tmp_path / "build.lock"
    script = (
        "import sys, time; from pathlib import Path; from orchestration.lib.locks import take_turn;"
        f"take_turn(Path({str(lock)!r})); print('mine', flush=True); time.sleep(2)"
    )
    other = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None and other.stdout.readline() == "mine\n"
    told: list[str] = []
    with pytest.raises(LockTimeout, match=f"process {other.pid}"):
        take_turn(lock, told.append, timeout=0.1)
    started = time.monotonic()
    take_turn(lock, told.append, timeout=30)
    assert time.monotonic() - started > 0.3, "it waited for the other one"
    assert told == [f"process {other.pid}"] * 2
    end_turn(lock)
    assert other.wait() == 0


def test_the_fingerprint_follows_rules_and_loads(settings: Settings) -> None:
    before = inputs_fingerprint(settings)
    assert inputs_fingerprint(settings) == before
    rules = settings.station("rules")
    rules.mkdir(parents=True)
    (rules / "market.parquet").write_bytes(b"one")
    after_rules = inputs_fingerprint(settings)
    manifest = settings.station("bronze") / "_manifest"
    manifest.mkdir(parents=True)
    (manifest / "load.parquet").write_bytes(b"one")
    after_loads = inputs_fingerprint(settings)
    assert [k for k in before if before[k] != after_rules[k]] == ["rules"]
    assert [k for k in before if after_rules[k] != after_loads[k]] == ["loads"]


def test_changed_rules_build_all_anew(settings: Settings) -> None:
    prepare_build(settings, "run-1")
    write(settings.build_path, 1)
    promote(settings, "v1")
    rules = settings.station("rules")
    rules.mkdir(parents=True)
    (rules / "market.parquet").write_bytes(b"one")
    prepare_build(settings, "run-2")
    assert not settings.build_path.exists(), "begins empty, not with a copy"
    end_turn(lock_path(settings))


def test_settings_that_cannot_be_used_name_the_variable() -> None:
    with pytest.raises(SettingsError, match="CFS_ENGINE='oracle'"):
        Settings.from_environment({"CFS_ENGINE": "oracle"})
    with pytest.raises(SettingsError, match="CFS_SAMPLE_SCALE='big'"):
        Settings.from_environment({"CFS_SAMPLE_SCALE": "big"})

"""Runs of the main job that several tests look at; each costs a minute or two, so they are few.

The sample company's history, in one data folder: the first half arrives and is built, the rest
arrives (late rows and restated files among it) and is built, then nothing new, then a backfill,
then a full refresh. Each stage keeps copies of what it left, for tests to compare.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from main_job import MainJob, Stage

SCALE, SEED, HALF = "0.001", "1", "2025-06-30"
WINDOW = ("2025-09-08", "2025-09-21")
RESTATED = "*_v2.*"


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> MainJob:
    """The main job of the sample company in a folder of this session; no files yet."""
    data = tmp_path_factory.mktemp("sample") / "data"
    return MainJob(data, tmp_path_factory.getbasetemp() / "dbt_target")


@pytest.fixture(scope="session")
def first_half(sample: MainJob) -> Stage:
    """The first run: the files until the middle of the history, without those sent again."""
    inbox = write_files(sample, "--until", HALF)
    for path in inbox.rglob(RESTATED):
        path.unlink()
    return sample.stage("first_half")


@pytest.fixture(scope="session")
def whole(sample: MainJob, first_half: Stage) -> Stage:
    """The increment: all other files, which bring late rows and restate what was built."""
    write_files(sample)
    return sample.stage("whole")


@pytest.fixture(scope="session")
def nothing_new(sample: MainJob, whole: Stage) -> Stage:
    """A run on the same files."""
    return sample.stage("nothing_new")


@pytest.fixture(scope="session")
def backfill(sample: MainJob, nothing_new: Stage) -> Stage:
    """A backfill of two weeks."""
    start, end = WINDOW
    return sample.stage("backfill", "--from", start, "--to", end)


@pytest.fixture(scope="session")
def full_refresh(sample: MainJob, backfill: Stage) -> Stage:
    """The whole warehouse built anew from bronze."""
    return sample.stage("full_refresh", "--full-refresh")


@pytest.fixture(scope="session")
def marts(whole: Stage, sample: MainJob) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published marts of the whole history, and the truth beside them as schema `truth`."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{whole.published}' as published (read_only)")
        connection.execute(f"attach '{whole.warehouse}' as warehouse (read_only)")
        connection.execute("create schema truth")
        for path in sorted((sample.data / "inbox" / "sample" / "truth").glob("*.parquet")):
            connection.execute(f"create view truth.{path.stem} as from '{path}'")
        connection.execute("create schema marts")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'published'"
        ).fetchall()
        for (name,) in tables:
            connection.execute(f"create view marts.{name} as from published.marts.{name}")
        yield connection


@pytest.fixture(scope="session")
def known(marts: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The marts, with `customer_person`: the one person that all records of a customer are."""
    marts.execute("""
        create or replace temp table customer_person as
        select customer_key, min(person_id) as person_id
        from marts.bridge_customer_identity inner join truth.record using (record_id)
        where person_id is not null
        group by customer_key
        having count(distinct person_id) = 1
    """)
    return marts


def write_files(job: MainJob, *arguments: str) -> Path:
    """Let the sample company's systems write their files into the inbox."""
    inbox = job.data / "inbox" / "sample"
    common = ("--scale", SCALE, "--seed", SEED, "--out", str(inbox), "--quiet")
    job.run(*common, *arguments, module="orchestration.sample").succeeded()
    return inbox

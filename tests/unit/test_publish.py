"""Publishing: swap while read, versions, what is withheld, what older clients can open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.lib.publish import (
    PublishError,
    current_version,
    marts_of,
    publish,
    roll_back,
    versions,
)
from orchestration.lib.settings import Settings

OLDER_CLIENT = Path(__file__).parents[1] / "fixtures" / "older_client.lock"


def manifest(**columns: str | None) -> dict:
    """A dbt manifest with the mart `dim_thing`; values are the columns' class of personal data."""
    described = {
        name: {"description": f"the {name}", "config": {"meta": {"pii": pii} if pii else {}}}
        for name, pii in columns.items()
    }
    node = {
        "resource_type": "model",
        "schema": "marts",
        "name": "dim_thing",
        "description": "Things",
        "columns": described,
        "config": {"meta": {}},
    }
    return {"nodes": {"model.x.dim_thing": node}}


def build(settings: Settings, select: str) -> None:
    settings.build_path.parent.mkdir(parents=True, exist_ok=True)
    settings.build_path.unlink(missing_ok=True)
    with duckdb.connect(str(settings.build_path)) as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.dim_thing as {select}")


def read(path: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_reader_keeps_its_version_and_the_next_sees_the_new_one(settings: Settings) -> None:
    build(settings, "select 1::bigint as thing_key")
    publish(settings, manifest(thing_key=None), "run-1")
    reader = duckdb.connect(str(settings.published_path), read_only=True)
    build(settings, "select 2::bigint as thing_key")
    version = publish(settings, manifest(thing_key=None), "run-2")
    assert reader.execute("select thing_key from marts.dim_thing").fetchall() == [(1,)]
    reader.close()
    assert read(settings.published_path, "select thing_key from marts.dim_thing") == [(2,)]
    assert current_version(settings) == version
    parquet = settings.published_dir / "parquet" / "dim_thing.parquet"
    assert duckdb.sql(f"select thing_key from '{parquet}'").fetchall() == [(2,)]


def test_restricted_columns_stay_inside(settings: Settings) -> None:
    build(settings, "select 1::bigint as thing_key, 'ana@example.com' as email, 'h' as email_hash")
    columns = {"thing_key": None, "email": "email", "email_hash": "identifier"}
    version = publish(settings, manifest(**columns), "run-1")
    names = read(
        settings.published_path,
        "select column_name from duckdb_columns() where schema_name = 'marts'",
    )
    assert names == [("thing_key",), ("email_hash",)]
    assert version.withheld == {"dim_thing": ["email"]}
    for file in settings.published_dir.rglob("*"):
        if file.is_file():
            assert b"ana@example.com" not in file.read_bytes(), file


def test_a_restricted_table_stays_inside(settings: Settings) -> None:
    build(settings, "select 1::bigint as thing_key")
    described = manifest(thing_key=None)
    described["nodes"]["model.x.dim_thing"]["config"]["meta"]["restricted"] = True
    assert publish(settings, described, "run-1").rows == {}


@pytest.mark.parametrize("value", ["[1, 2]", "time '12:00'", "{'a': 1}", "1::hugeint", "uuid()"])
def test_a_type_that_bi_cannot_read_is_refused_and_yesterdays_file_stays(
    settings: Settings, value: str
) -> None:
    build(settings, "select 1::bigint as thing_key")
    before = publish(settings, manifest(thing_key=None), "run-1")
    build(settings, f"select {value} as thing_key")
    with pytest.raises(PublishError, match=r"marts\.dim_thing\.thing_key is .*BI drivers"):
        publish(settings, manifest(thing_key=None), "run-2")
    assert current_version(settings) == before
    assert read(settings.published_path, "select thing_key from marts.dim_thing") == [(1,)]
    assert len(list(settings.published_dir.iterdir())) == 3


def test_a_missing_mart_publishes_nothing(settings: Settings) -> None:
    build(settings, "select 1::bigint as thing_key")
    described = manifest(thing_key=None)
    described["nodes"]["model.x.fct_other"] = {
        **described["nodes"]["model.x.dim_thing"],
        "name": "fct_other",
    }
    with pytest.raises(PublishError, match=r"lacks marts\.fct_other"):
        publish(settings, described, "run-1")
    assert current_version(settings) is None
    assert not settings.published_path.exists()


def test_versions_are_kept_and_rolled_back(settings: Settings) -> None:
    for number in range(1, 8):
        build(settings, f"select {number}::bigint as thing_key")
        publish(settings, manifest(thing_key=None), f"run-{number}")
    kept = versions(settings)
    assert [version.run_id for version in kept] == [f"run-{n}" for n in range(3, 8)]
    assert roll_back(settings).run_id == "run-6"
    assert read(settings.published_path, "select thing_key from marts.dim_thing") == [(6,)]
    assert roll_back(settings, kept[0].version).run_id == "run-3"
    with pytest.raises(PublishError, match="no earlier version"):
        roll_back(settings)
    with pytest.raises(PublishError, match="Kept versions"):
        roll_back(settings, "2020")


def test_descriptions_travel_with_the_file(settings: Settings) -> None:
    build(settings, "select 1::bigint as thing_key")
    publish(settings, manifest(thing_key=None), "run-1")
    comments = read(
        settings.published_path, "select comment from duckdb_columns() where schema_name = 'marts'"
    )
    assert comments == [("the thing_key",)]
    assert marts_of(manifest(thing_key=None))[0].description == "Things"


def test_an_older_client_opens_the_file(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """DuckDB 1.0.0, the first stable release, in an environment of its own."""
    build(settings, "select 1::bigint as thing_key, date '2025-01-01' as thing_date")
    publish(settings, manifest(thing_key=None, thing_date=None), "run-1")
    home = tmp_path_factory.mktemp("older_client")
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    python = home / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", OLDER_CLIENT]
    subprocess.run(pip, check=True, capture_output=True)
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); "
        "print(duckdb.__version__, c.execute('select * from marts.dim_thing').fetchall())"
    )
    answer = subprocess.run(
        [python, "-c", script, settings.published_path], check=True, capture_output=True, text=True
    )
    assert answer.stdout.strip() == "1.0.0 [(1, datetime.date(2025, 1, 1))]"

"""A build's compiled SQL, run by hand: each statement straight in DuckDB, one after the other.

`statements` takes the SQL from the results that dbt left of a full build, in the order in which
dbt ran it. As a command (`python -m orchestration.bench.by_hand STATEMENTS DATABASE`) it runs
them on a new file with the settings of the profile and prints the seconds as JSON; a process of
its own, so that neither side finds the other's caches warm.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.identity.memory import forget_scores
from orchestration.identity.options import MEMORY_FOLDER
from orchestration.identity.warehouse import resolve_customers
from orchestration.lib.build import good_derived
from orchestration.lib.settings import PROJECT_ROOT, Settings

TABLES = ("table", "incremental")


@dataclass(frozen=True)
class Statement:
    """A node of a build: `kind` table, view, seed or test; `sql` its select, or a seed's file."""

    kind: str
    name: str
    schema: str
    sql: str


def statements(target: Path, run_id: str) -> list[list[Statement]]:
    """The statements of a run, one list per call of dbt (between two of them Python clusters)."""
    found = sorted(
        target.glob(f"*-{run_id[:7]}-*/run_results.json"), key=lambda path: path.stat().st_mtime
    )
    return [list(_of_call(path)) for path in found]


def _of_call(results: Path) -> Iterator[Statement]:
    nodes = json.loads((results.parent / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    for result in json.loads(results.read_text(encoding="utf-8"))["results"]:
        node = nodes[result["unique_id"]]
        if node["resource_type"] == "seed":
            file = str(PROJECT_ROOT / node["original_file_path"])
            yield Statement("seed", node["name"], node["schema"], file)
        elif node["resource_type"] == "test":
            yield Statement("test", node["name"], "", result["compiled_code"])
        elif node["resource_type"] == "model":
            kind = "table" if node["config"]["materialized"] in TABLES else "view"
            yield Statement(kind, node["name"], node["schema"], result["compiled_code"])


def run_by_hand(calls: list[list[Statement]], database: Path, settings: Settings) -> dict[str, Any]:
    """Run all statements on a new file; seconds by kind, of the clusters, and of each name."""
    database.unlink(missing_ok=True)
    database.parent.mkdir(parents=True, exist_ok=True)
    seconds: dict[str, float] = {}
    by_name: dict[str, float] = {}
    for number, call in enumerate(calls):
        if number:
            seconds["clusters"] = _resolve(database, settings)
        with opened(database) as connection:
            for statement in call:
                started = time.perf_counter()
                _execute(connection, statement)
                took = time.perf_counter() - started
                seconds[statement.kind] = seconds.get(statement.kind, 0.0) + took
                by_name[statement.name] = took
            started = time.perf_counter()
        seconds["close"] = seconds.get("close", 0.0) + time.perf_counter() - started
    return {"seconds": sum(seconds.values()), "by_kind": seconds, "by_name": by_name}


def _resolve(database: Path, settings: Settings) -> float:
    """Seconds of the identity step, as a full build does it: known keys and model, no scores."""
    folder, good = database.parent / "derived", good_derived(settings)
    shutil.rmtree(folder, ignore_errors=True)
    if (good / MEMORY_FOLDER).exists():
        shutil.copytree(good / MEMORY_FOLDER, folder / MEMORY_FOLDER)
        forget_scores(folder / MEMORY_FOLDER)
    started = time.perf_counter()
    resolve_customers(database, folder, good, settings.company_name)
    return time.perf_counter() - started


def opened(database: Path) -> duckdb.DuckDBPyConnection:
    """A connection with the options and settings of dbt's profile, and the key of the hashes."""
    from orchestration.lib.dbt_plugin import Plugin

    profile = yaml.safe_load((PROJECT_ROOT / "dbt_project" / "profiles.yml").read_text())
    output = profile["cfs"]["outputs"]["duckdb"]
    connection = duckdb.connect(str(database), config=output.get("config_options", {}))
    for name, value in output.get("settings", {}).items():
        connection.execute(f"set {name} = '{value}'")
    Plugin.configure_connection(Plugin.__new__(Plugin), connection)
    return connection


def _execute(connection: duckdb.DuckDBPyConnection, statement: Statement) -> None:
    if statement.kind == "test":
        connection.execute(f"select count(*) from (\n{statement.sql}\n)").fetchall()
        return
    connection.execute(f'create schema if not exists "{statement.schema}"')
    relation = f'"{statement.schema}"."{statement.name}"'
    if statement.kind == "seed":
        select = "select * from read_csv(?, header = true, all_varchar = true)"
        connection.execute(f"create table {relation} as {select}", [statement.sql])
        return
    connection.execute(f"create {statement.kind} {relation} as (\n{statement.sql}\n)")


def save(calls: list[list[Statement]], path: Path) -> None:
    """Write statements for `main`."""
    path.write_text(json.dumps([[asdict(one) for one in call] for call in calls]), "utf-8")


def main(arguments: list[str]) -> None:
    """Run saved statements; writes the seconds as JSON to the third path."""
    source, database, report = (Path(argument) for argument in arguments)
    calls = [[Statement(**one) for one in call] for call in json.loads(source.read_text("utf-8"))]
    settings = Settings.from_environment()
    report.write_text(json.dumps(run_by_hand(calls, database, settings)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

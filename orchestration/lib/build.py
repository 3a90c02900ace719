"""The warehouse file of a run: made from the last good one, promoted only after publishing.

A run never builds on what failed: it begins with a copy of the warehouse whose marts were
published last, and its own build takes that place only when its marts were published too.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import duckdb

from orchestration.identity.memory import forget_scores
from orchestration.identity.options import MEMORY_FOLDER
from orchestration.lib.locks import end_turn, take_turn
from orchestration.lib.publish import current_version, stands_in_postgres
from orchestration.lib.settings import PROJECT_ROOT, Settings

CODE = (
    "dbt_project",
    "dbt_project.yml",
    "orchestration/attribution",
    "orchestration/customer_value",
    "orchestration/identity",
    "orchestration/layouts",
    "orchestration/propensity",
)

# A steward's decisions are data: they change who is who, and no model's meaning.
STEWARDS_LIST = Path("dbt_project") / "seeds" / "customer_link_decisions.csv"


def is_up_to_date(settings: Settings) -> bool:
    """Whether the published marts are those that the present inputs give."""
    state = read_state(settings.warehouse_path)
    current = current_version(settings)
    return (
        settings.warehouse_path.exists()
        and current is not None
        and stands_in_postgres(settings, current)
        and state.get("published_version") == current.version
        and state.get("inputs") == inputs_fingerprint(settings)
    )


def lock_path(settings: Settings) -> Path:
    """File that guards the warehouse of a company."""
    return settings.station("warehouse") / "build.lock"


def prepare_build(settings: Settings, run_id: str, log: Any = None) -> bool:
    """Make this run's build file from the last good warehouse, once per run.

    Waits until no other process builds. Returns whether the file was made now.
    """

    def waiting(holder: str) -> None:
        if log is not None:
            log.info(f"The warehouse is being built by {holder}; waiting for its end.")

    take_turn(lock_path(settings), waiting)
    state = read_state(settings.build_path)
    if state.get("run_id") == run_id and settings.build_path.exists():
        return False
    remove_build(settings)
    inputs = inputs_fingerprint(settings)
    continued = _may_be_continued(settings, inputs)
    if continued:
        beside = settings.build_path.with_suffix(".copy")
        shutil.copyfile(settings.warehouse_path, beside)
        os.replace(beside, settings.build_path)
    _take_over_memory(settings, inputs, continued)
    write_state(settings.build_path, {"run_id": run_id, "inputs": inputs})
    return True


def _take_over_memory(settings: Settings, inputs: dict[str, str], continued: bool) -> None:
    """Let this run judge pairs of records as the last good one did, not as one that failed.

    Built anew by the same code, the warehouse keeps the model and scores every pair again, so
    that what came piece by piece equals what is built at once. Other code learns anew.
    """
    memory = settings.station("derived") / MEMORY_FOLDER
    good = good_derived(settings) / MEMORY_FOLDER
    shutil.rmtree(memory, ignore_errors=True)
    same_code = read_state(settings.warehouse_path).get("inputs", {}).get("code") == inputs["code"]
    if good.exists() and same_code:
        shutil.copytree(good, memory)
        if not continued:
            forget_scores(memory)


def _may_be_continued(settings: Settings, inputs: dict[str, str]) -> bool:
    """Whether the last good warehouse was built by the same code and rules.

    What a model or a rule says now holds for every day, so a change of either builds all anew.
    """
    before = read_state(settings.warehouse_path).get("inputs", {})
    same = all(before.get(part) == inputs[part] for part in ("code", "rules"))
    return settings.warehouse_path.exists() and same


def good_derived(settings: Settings) -> Path:
    """Folder with the derived tables of the last good warehouse, whose keys later runs keep."""
    return settings.warehouse_path.with_name("derived")


def row_counts(database: Path) -> dict[tuple[str, str], int]:
    """Rows of each table of a warehouse file, by schema and name; views are not counted."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = "
            "current_database()"
        ).fetchall()
        counts = ", ".join(f'(select count(*) from "{s}"."{t}")' for s, t in tables)
        rows = connection.execute(f"select {counts or 'null'}").fetchall()[0]
    return dict(zip(tables, rows, strict=False))


def remove_build(settings: Settings) -> None:
    """Delete a build and what belongs to it, left by a run that ended early or failed."""
    for path in settings.build_path.parent.glob(settings.build_path.name + "*"):
        path.unlink(missing_ok=True)
    state_path(settings.build_path).unlink(missing_ok=True)


def promote(settings: Settings, published_version: str) -> None:
    """Let the build be the last good warehouse, and let the next run have its turn."""
    state = read_state(settings.build_path) | {"published_version": published_version}
    good_derived(settings).mkdir(exist_ok=True)
    for table in settings.station("derived").glob("*.parquet"):
        beside = good_derived(settings) / f"{table.name}.copy"
        shutil.copyfile(table, beside)
        os.replace(beside, good_derived(settings) / table.name)
    memory = good_derived(settings) / MEMORY_FOLDER
    shutil.rmtree(memory, ignore_errors=True)
    if (settings.station("derived") / MEMORY_FOLDER).exists():
        shutil.copytree(settings.station("derived") / MEMORY_FOLDER, memory)
    os.replace(settings.build_path, settings.warehouse_path)
    write_state(settings.warehouse_path, state)
    remove_build(settings)
    end_turn(lock_path(settings))


def state_path(database: Path) -> Path:
    """JSON beside a warehouse file that says what it was made from."""
    return database.with_suffix(".json")


def read_state(database: Path) -> dict[str, Any]:
    """What a warehouse file was made from; empty when there is none."""
    try:
        return json.loads(state_path(database).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def write_state(database: Path, state: dict[str, Any]) -> None:
    """Write the state beside a warehouse file, atomically."""
    path = state_path(database)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".json.tmp")
    beside.write_text(json.dumps(state, indent=2, default=str), encoding="utf-8")
    os.replace(beside, path)


def inputs_fingerprint(settings: Settings) -> dict[str, str]:
    """Hashes of all that the marts follow from: loads, rules, code and stewards' decisions."""
    loads = settings.station("bronze") / "_manifest" / "load.parquet"
    return {
        "loads": _hash([loads] if loads.exists() else [], settings.data_dir),
        "rules": _hash(sorted(settings.station("rules").glob("*.parquet")), settings.data_dir),
        "code": code_fingerprint(),
        "decisions": _hash([PROJECT_ROOT / STEWARDS_LIST], PROJECT_ROOT),
    }


def code_fingerprint() -> str:
    """Hash of the code that says what the warehouse holds."""
    return _hash(_code_files(), PROJECT_ROOT)


def _hash(files: list[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()


def _code_files() -> list[Path]:
    endings = {".sql", ".yml", ".yaml", ".py", ".csv"}
    files: list[Path] = []
    for name in CODE:
        path = PROJECT_ROOT / name
        files += [path] if path.is_file() else [p for p in path.rglob("*") if p.suffix in endings]
    return sorted(path for path in files if path != PROJECT_ROOT / STEWARDS_LIST)

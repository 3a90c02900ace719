"""Keeps dbt's manifest, from which Dagster knows the models, in step with the project's code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from orchestration.lib.build import code_fingerprint
from orchestration.lib.locks import end_turn, take_turn
from orchestration.lib.settings import PROJECT_ROOT, Settings

DBT = Path(sys.executable).with_name("dbt")


class ManifestError(RuntimeError):
    """dbt can't parse the project; the message is dbt's own."""


def manifest_path(settings: Settings) -> Path:
    """Where dbt's manifest lies. Lets dbt, which this process will start, see the data folder."""
    os.environ["CFS_DATA_DIR"] = str(settings.data_dir)
    return PROJECT_ROOT / os.environ.get("DBT_TARGET_PATH", "target") / "manifest.json"


def prepare_manifest(manifest: Path) -> bool:
    """Parse the project if its code differs from what `manifest` was made of.

    Returns whether it was parsed now. Processes that share the file take turns.
    """
    turn = manifest.with_suffix(".lock")
    take_turn(turn)
    try:
        return _parse_if_changed(manifest)
    finally:
        end_turn(turn)


def _place() -> str:
    """What the manifest says of this machine: with another place dbt would parse once more."""
    return " ".join(os.environ.get(name, "") for name in ("CFS_DATA_DIR", "CFS_COMPANY"))


def _parse_if_changed(manifest: Path) -> bool:
    marker = manifest.with_suffix(".code")
    code = f"{code_fingerprint()} {_place()}"
    if manifest.exists() and marker.exists() and marker.read_text(encoding="utf-8") == code:
        return False
    target = ["--target-path", str(manifest.parent)]
    command = [str(DBT), "--quiet", "parse", "--no-version-check", *target]
    result = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ManifestError(f"dbt parse failed:\n{result.stdout}{result.stderr}")
    marker.write_text(code, encoding="utf-8")
    return True


def tests_of_later_steps(manifest: Mapping[str, Any], models: Collection[str]) -> list[str]:
    """Tests of `models` (unique ids) that also need a model which is built after them.

    dbt would run a test as soon as one of its models is built. Where a run builds the models in
    several steps, the last of them runs the tests that look at both.
    """
    built, later = set(models), set()
    waiting = list(built)
    while waiting:
        for child in manifest["child_map"].get(waiting.pop(), []):
            if child.startswith("model.") and child not in built and child not in later:
                later.add(child)
                waiting.append(child)
    return sorted(
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and built & set(node["depends_on"]["nodes"])
        and later & set(node["depends_on"]["nodes"])
    )

"""The asset graph of the sample company as text: what a change of code changes for its users.

`python tests/asset_graph.py` writes `tests/fixtures/asset_graph.json`; a test compares it with
what the definitions give, so that no asset, dependency, owner or check changes unseen.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(Path(__file__).parent))

SNAPSHOT = ROOT / "tests" / "fixtures" / "asset_graph.json"
UPDATE = ".venv/bin/python tests/asset_graph.py"


def asset_graph() -> dict[str, Any]:
    """Each asset with group, owners, what it depends on and how many checks it has."""
    from orchestration.definitions import defs

    graph = defs().resolve_asset_graph()
    checks = [key.asset_key for key in graph.asset_check_keys]
    return {
        key.to_user_string(): {
            "group": node.group_name,
            "owners": sorted(node.owners),
            "kinds": sorted(node.kinds),
            "is_described": bool(node.description),
            "deps": sorted(parent.to_user_string() for parent in node.parent_keys),
            "checks": checks.count(key),
        }
        for key in sorted(graph.get_all_asset_keys())
        for node in [graph.get(key)]
    }


def as_text() -> str:
    """The graph as JSON, an asset a line."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in asset_graph().items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def graph_in_a_process_of_its_own(folder: Path, target: Path) -> str:
    """The same, with the settings of the sample company and nothing else."""
    import subprocess

    from main_job import MainJob

    done = subprocess.run(
        [sys.executable, __file__, "--print"],
        cwd=ROOT,
        env=MainJob(folder, target).environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(as_text())
    else:
        with tempfile.TemporaryDirectory() as folder:
            text = graph_in_a_process_of_its_own(Path(folder), ROOT / "target")
        SNAPSHOT.write_text(text, encoding="utf-8")

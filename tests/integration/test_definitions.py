"""What Dagster and dbt know of the project: the asset graph, its definitions, the models' texts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from asset_graph import SNAPSHOT, UPDATE, graph_in_a_process_of_its_own
from main_job import CORNER_SHOP, MainJob, Stage

from orchestration.lib.dbt_sources import render_sources
from orchestration.lib.settings import PROJECT_ROOT


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> MainJob:
    """The sample company on a data folder without any data."""
    folder = tmp_path_factory.mktemp("definitions")
    return MainJob(folder, tmp_path_factory.getbasetemp() / "dbt_target")


@pytest.fixture(scope="module")
def graph(job: MainJob) -> dict[str, dict[str, Any]]:
    return json.loads(graph_in_a_process_of_its_own(job.data, job.target))


@pytest.fixture(scope="module")
def manifest(job: MainJob, graph: dict[str, Any]) -> dict[str, Any]:
    """dbt's manifest, which the definitions made."""
    return json.loads((job.target / "manifest.json").read_text(encoding="utf-8"))


def command(job: MainJob, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the environment at the project's root."""
    tool = Path(sys.executable).with_name(words[0])
    return subprocess.run(
        [str(tool), *words[1:]],
        cwd=PROJECT_ROOT,
        env=job.environment | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_the_asset_graph_is_the_one_on_record(graph: dict[str, dict[str, Any]]) -> None:
    recorded = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    changed = {
        key: (recorded.get(key, "not there"), graph.get(key, "not there"))
        for key in sorted(recorded.keys() | graph.keys())
        if recorded.get(key) != graph.get(key)
    }
    assert not changed, (
        f"The asset graph differs from tests/fixtures/asset_graph.json. If that is meant, run "
        f"`{UPDATE}` and commit the file. Recorded and now: {json.dumps(changed, indent=1)[:4000]}"
    )


def test_every_asset_has_a_group_an_owner_and_a_description(
    graph: dict[str, dict[str, Any]],
) -> None:
    made = {key: asset for key, asset in graph.items() if asset["group"] != "default"}
    assert len(made) > 200
    assert [k for k, a in made.items() if not a["owners"] or not a["is_described"]] == []
    # Kept by the line itself while it loads and judges, beside the assets that this is about.
    kept = {"bronze/load", "bronze/load_day", "quality/result", "quarantine/rejected_row"}
    assert set(graph) - set(made) <= kept


def test_every_source_leads_to_the_published_file(graph: dict[str, dict[str, Any]]) -> None:
    reached, waiting = set(), ["published/customer_full_stack"]
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.add(key)
            waiting += graph[key]["deps"]
    feeds = {key for key, asset in graph.items() if "parquet" in asset["kinds"]}
    assert feeds - reached == set()


def test_every_feed_and_mart_is_checked(graph: dict[str, dict[str, Any]]) -> None:
    feeds = [k for k, a in graph.items() if not a["deps"] and set(a["kinds"]) & {"csv", "jsonl"}]
    marts = [key for key in graph if key.startswith("marts/")]
    assert len(feeds) > 40
    assert [key for key in feeds + marts if not graph[key]["checks"]] == []


@pytest.mark.parametrize("what", ["defs", "yaml"])
def test_dg_checks_pass(job: MainJob, graph: dict[str, Any], what: str) -> None:
    done = command(job, "dg", "check", what)
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_wrong_feed_is_told_with_file_and_key(job: MainJob, tmp_path: Path) -> None:
    company = shutil.copytree(CORNER_SHOP, tmp_path / "corner_shop")
    feed = company / "feeds" / "till" / "defs.yaml"
    feed.write_text(feed.read_text("utf-8") + "  colums: {order_id: id}\n", "utf-8")
    done = command(job, "dg", "check", "defs", CFS_COMPANY=str(company))
    assert done.returncode != 0
    assert "till/defs.yaml" in done.stdout
    assert "colums" in done.stdout


def test_dbt_sources_are_those_of_the_layouts() -> None:
    """Run `python -m orchestration.lib.dbt_sources` after changing a layout."""
    stale = [
        path.name
        for path, text in render_sources().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert stale == []


def test_every_model_and_mart_column_is_described(manifest: dict[str, Any]) -> None:
    models = [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]
    assert len(models) > 150
    assert [m["name"] for m in models if not m["description"].strip()] == []
    marts = [m for m in models if m["schema"] == "marts"]
    assert [
        f"{mart['name']}.{name}"
        for mart in marts
        for name, column in mart["columns"].items()
        if not column["description"].strip()
    ] == []
    assert [mart["name"] for mart in marts if not mart["config"]["contract"]["enforced"]] == []


def test_every_table_has_its_key_tested(manifest: dict[str, Any]) -> None:
    """Views between tables are left to the table that is built of them."""
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") == "unique_key"
    }
    untested = {
        node["name"]
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
        and (node["config"]["materialized"] != "view" or node["schema"] == "marts")
        and key not in tested
    }
    # A union of codes, of which parts may be null: distinct by what a union is.
    assert untested == {"int_distributor__codes_mentioned"}


def test_dbt_unit_tests_pass(sample: MainJob, whole: Stage, tmp_path: Path) -> None:
    """On a copy of the sample's build, whose tables give the types of the mocked inputs."""
    data = tmp_path / "data"
    (data / "warehouse" / "sample").mkdir(parents=True)
    shutil.copyfile(whole.warehouse, data / "warehouse" / "sample" / "build.duckdb")
    for station in ("bronze", "rules", "derived", "quality", "quarantine", "secret"):
        (data / station).symlink_to(sample.data / station)
    done = command(
        sample, "dbt", "test", "--select", "test_type:unit", CFS_DATA_DIR=str(data),
        DBT_TARGET_PATH=str(tmp_path / "target"),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
    assert "ERROR=0" in done.stdout
    passed = int(done.stdout.rpartition("PASS=")[2].split()[0])
    assert passed > 50

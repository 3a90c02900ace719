"""What the Dagster definitions share: the company, the partitions, the dbt project.

Belongs here: values that several files of `defs/` need, each made on first use.
Doesn't belong here: assets, jobs and the like (see `defs/`), or what works without Dagster
(see `lib/`).
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import lru_cache
from typing import Any

import dagster as dg
from dagster_dbt import DbtProject

from orchestration.lib.companies import Company, load_company
from orchestration.lib.dbt_manifest import manifest_path, prepare_manifest
from orchestration.lib.settings import PROJECT_ROOT, Settings

WAREHOUSE_POOL = "warehouse"
RETRY = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL)
FRESH_DAILY = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=48), warn_window=timedelta(hours=30)
)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings.from_environment()


@lru_cache(maxsize=1)
def company() -> Company:
    """The company of this process."""
    return load_company(settings())


@lru_cache(maxsize=1)
def daily_partitions() -> dg.DailyPartitionsDefinition:
    """Days of the company, in its own time zone; today included."""
    return dg.DailyPartitionsDefinition(
        start_date=company().start_date.isoformat(),
        timezone=company().time_zone,
        end_offset=1,
    )


@lru_cache(maxsize=1)
def dbt_project() -> DbtProject:
    """The dbt project with its manifest, which is parsed anew when the code changed."""
    project = DbtProject(
        project_dir=PROJECT_ROOT,
        profiles_dir=PROJECT_ROOT / "dbt_project",
        target_path=manifest_path(settings()).parent,
    )
    prepare_manifest(project.manifest_path)
    return project


@lru_cache(maxsize=1)
def dbt_manifest() -> dict[str, Any]:
    """The parsed manifest of the dbt project."""
    return json.loads(dbt_project().manifest_path.read_text(encoding="utf-8"))


def dbt_nodes() -> list[dict[str, Any]]:
    """Models and seeds of the dbt project."""
    nodes = dbt_manifest()["nodes"].values()
    return [node for node in nodes if node["resource_type"] in ("model", "seed")]

"""dbt runs in the project's own folder: dagster-dbt must not copy it for long selections."""

from __future__ import annotations

from dagster_dbt import asset_utils

from orchestration.defs.warehouse.models import SELECTION_LIMIT, select_in_place
from orchestration.lib.settings import PROJECT_ROOT


def test_no_step_selects_so_many_models_that_the_project_is_copied() -> None:
    select_in_place()
    models = list((PROJECT_ROOT / "dbt_project" / "models").rglob("*.sql"))
    assert len(models) > 200
    assert getattr(asset_utils, SELECTION_LIMIT) > 2 * len(models)

"""Rules of departments' own counts: what company.yaml may say, and the table that models read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from orchestration.lib.companies import Company
from orchestration.lib.rules_tables import rule_rows
from orchestration.lib.settings import PROJECT_ROOT

ALL = ("lead", "mql", "sal", "sql", "opportunity", "won")


def company(**parts: Any) -> Company:
    base = {
        "name": "small",
        "title": "Small",
        "currency": "EUR",
        "time_zone": "Europe/Madrid",
        "start_date": "2025-01-01",
        "inbox": "in",
    }
    return Company.model_validate(base | parts)


def rules(**parts: Any) -> dict[tuple[str, str], dict[str, Any]]:
    rows = rule_rows(company(**parts))["department_count"]
    return {(row["department"], row["measure"]): row for row in rows}


def test_a_company_that_says_nothing_is_counted_as_dashboards_do() -> None:
    usual = rules()
    assert {measure for _, measure in usual} == set(ALL)
    marketing, sales = usual["marketing", "mql"], usual["sales", "mql"]
    assert (marketing["dated_by"], marketing["time_zone"]) == ("captured", "UTC")
    assert marketing["has_duplicates"] and marketing["has_merged"] and marketing["has_deleted"]
    assert (sales["as_of"], sales["time_zone"]) == ("current_status", "Europe/Madrid")
    assert not sales["has_merged"] and not sales["has_deleted"]
    assert rules(counts=[]) == {}


def test_a_zone_is_the_markets_the_companys_or_named() -> None:
    def zone(name: str) -> str | None:
        count = {"department": "x", "measures": ["mql"], "time_zone": name}
        (row,) = rules(counts=[count]).values()
        return None if row["time_zone"] is None else str(row["time_zone"])

    assert [zone(name) for name in ("market", "company", "Asia/Tokyo")] == [
        None, "Europe/Madrid", "Asia/Tokyo",
    ]  # fmt: skip
    with pytest.raises(ValidationError, match="'Moon/Base' is not a time zone"):
        zone("Moon/Base")


def test_a_department_counts_a_measure_by_one_rule() -> None:
    count = {"department": "sales", "measures": ["mql", "won"]}
    with pytest.raises(ValidationError, match=r"counts: .*'sales', 'won'.* stands twice"):
        company(counts=[count, {"department": "sales", "measures": ["won"]}])
    with pytest.raises(ValidationError, match="measures"):
        company(counts=[{"department": "sales", "measures": []}])


def test_every_cause_is_documented_and_has_a_column() -> None:
    """The macro's list is that of the docs and of the mart."""

    def text(path: str) -> str:
        return Path(PROJECT_ROOT / path).read_text(encoding="utf-8")

    macro = text("dbt_project/macros/lead_stages.sql").split("count_difference_causes()")[1]
    causes = set(re.findall(r"'(\w+)'", macro.split("endmacro")[0]))
    assert len(causes) >= 14
    marts = text("dbt_project/models/marts/lead/_counts__models.yml")
    told = text("docs/one-number.md")
    suite = text("data_quality/suites/count_reconciliation_monthly.yaml")
    for cause in causes:
        assert f"| `{cause}` |" in told or f"`{cause}`" in told, cause
        assert f"name: {cause}_count," in marts, cause
        assert f"{cause}_count" in suite, cause
    assert set(re.findall(r"(\w+)_count\b", suite.split("differences_reconcile")[0])) == causes | {
        "side", "warehouse",
    }  # fmt: skip

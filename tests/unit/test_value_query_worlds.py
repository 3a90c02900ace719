"""Dependence on intermediaries and the most valuable customers, on small worlds by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
import yaml
from questions_asked import asked

from orchestration.lib.settings import PROJECT_ROOT

MARTS = PROJECT_ROOT / "dbt_project" / "models" / "marts"
ES, GB = "ES", "GB"
# Month, market, place, amount, of it by known people, units, units without a value.
SOLD = [
    (date(2023, 12, 1), ES, "physical_store", 500.0, 0.0, 50.0, 0.0),  # a week of December
    (date(2024, 1, 1), ES, "own_shop", 50.0, 50.0, 5.0, 0.0),
    (date(2024, 1, 1), ES, "physical_store", 150.0, 20.0, 15.0, 0.0),
    (date(2024, 1, 1), GB, "own_shop", 80.0, 80.0, 8.0, 0.0),
    (date(2024, 1, 1), GB, "e_tailer", 20.0, 0.0, 2.0, 0.0),
    (date(2024, 12, 1), ES, "own_shop", 10.0, 10.0, 1.0, 0.0),
    (date(2025, 1, 1), ES, "own_shop", 60.0, 60.0, 6.0, 0.0),
    (date(2025, 1, 1), ES, "social_shop", 15.0, 15.0, 1.0, 0.0),
    (date(2025, 1, 1), ES, "physical_store", 75.0, 5.0, 8.0, 5.0),
    (date(2025, 1, 1), GB, "e_tailer", 100.0, 0.0, 10.0, 0.0),
]
SOLD_COLUMNS = (
    "month_start_date", "market_code", "place_type", "sold_amount", "identified_amount",
    "sold_units", "unvalued_units",
)  # fmt: skip


def told(row: dict[str, Any], *columns: str) -> tuple[Any, ...]:
    return tuple(row[column] for column in columns)


@pytest.fixture
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    """All marts without rows, each with the columns of its contract."""
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for path in sorted(MARTS.rglob("_*__models.yml")):
            for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
                columns = ", ".join(f'"{c["name"]}" {c["data_type"]}' for c in model["columns"])
                connection.execute(f"create table marts.{model['name']} ({columns})")
        yield connection


def put(connection: duckdb.DuckDBPyConnection, mart: str, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        listed = ", ".join(f"? as {column}" for column in row)
        connection.execute(f"insert into marts.{mart} by name select {listed}", list(row.values()))


def test_q09_compares_whole_months_a_year_apart(world: duckdb.DuckDBPyConnection) -> None:
    put(world, "fct_ropo_monthly", [dict(zip(SOLD_COLUMNS, row, strict=True)) for row in SOLD])
    deal = {"conversion_type": "won_deal", "market_code": ES, "net_revenue_amount": 50.0}
    sale = {"conversion_type": "sale", "market_code": ES, "net_revenue_amount": 999.0}
    put(
        world,
        "fct_conversion",
        [of | {"conversion_date": date(2025, 1, 20)} for of in (deal, sale)],
    )
    put(
        world,
        "fct_sell_out",
        [{"period_start_date": date(2023, 12, 27), "period_end_date": date(2025, 1, 31)}],
    )
    put(world, "fct_sale_line", [{"sale_date": date(2024, 1, 2)}, {"sale_date": date(2025, 1, 30)}])
    found = {(row["month_start_date"], row["market"]): row for row in asked(world, "q09")}
    assert len(found) == 4 + 6, "four months of all markets, and those of each that sold"
    spain = found[date(2025, 1, 1), ES]
    assert told(spain, "shop_amount", "deal_amount", "intermediary_amount") == (75, 50, 75)
    assert told(spain, "unidentified_amount", "unvalued_units") == (70, 5)
    assert told(spain, "direct_share", "direct_share_year_ago") == (125 / 200, 50 / 200)
    assert spain["change_points"] == pytest.approx(37.5)
    assert told(spain, "direct_unit_share", "direct_unit_share_year_ago") == (7 / 15, 5 / 20)
    assert spain["year_ago"] == "less dependent"
    britain = found[date(2025, 1, 1), GB]
    assert told(britain, "direct_share", "direct_share_year_ago") == (0, 0.8)
    assert britain["year_ago"] == "more dependent"
    every = found[date(2025, 1, 1), "all markets"]
    assert every["direct_share"] == pytest.approx(125 / 300)
    assert every["direct_share_year_ago"] == pytest.approx(130 / 300)
    assert every["year_ago"] == "more dependent"
    december = found[date(2024, 12, 1), ES]
    assert december["direct_share"] == 1
    assert told(december, "direct_share_year_ago", "year_ago") == (None, "no data")
    assert not found[date(2023, 12, 1), ES]["is_whole_month"], "the data begin in its last week"
    assert found[date(2024, 1, 1), ES]["year_ago"] == "no data"


def test_q09_takes_a_month_under_way_for_no_month(world: duckdb.DuckDBPyConnection) -> None:
    put(world, "fct_ropo_monthly", [dict(zip(SOLD_COLUMNS, row, strict=True)) for row in SOLD])
    put(world, "fct_sale_line", [{"sale_date": date(2024, 1, 1)}, {"sale_date": date(2025, 1, 14)}])
    (row,) = (
        row
        for row in asked(world, "q09")
        if (row["month_start_date"], row["market"]) == (date(2025, 1, 1), ES)
    )
    assert told(row, "is_whole_month", "change_points", "year_ago") == (False, None, "no data")


def test_q25_ranks_by_what_will_come_and_shows_what_is_unknown(
    world: duckdb.DuckDBPyConnection,
) -> None:
    month = date(2025, 3, 1)
    best = {
        "month_start_date": month,
        "margin_amount_to_date": 30.0,
        "unknown_cost_amount_to_date": 0.0,
        "share_of_net_amount": 0.3,
        "value_model": "bg_nbd",
        "churn_risk": 0.2,
        "churn_class": "low",
        "expected_orders_12_months": 4.0,
        "lifetime_net_amount": 90.0,
        "lifetime_margin_amount": 45.0,
        "lifetime_decile": 1,
        "value_decile": 2,
        "rfm_segment": "champion",
    }
    second = best | {
        "margin_amount_to_date": 70.0,
        "lifetime_margin_amount": 20.0,
        "lifetime_decile": 2,
        "churn_risk": 0.9,
        "churn_class": "high",
    }
    unknown = best | {
        "margin_amount_to_date": None,
        "unknown_cost_amount_to_date": 500.0,
        "value_model": "none",
        "churn_risk": None,
        "churn_class": "unknown",
        "expected_orders_12_months": None,
        "lifetime_net_amount": None,
        "lifetime_margin_amount": None,
        "lifetime_decile": None,
    }
    before = best | {"month_start_date": date(2025, 2, 1), "lifetime_margin_amount": 9_999.0}
    put(
        world,
        "fct_customer_value_monthly",
        [row | {"customer_key": key} for key, row in enumerate((second, best, unknown, before), 1)],
    )
    evaluation = {"measure": "orders", "forecast": "model", "customer_count": 10, "foretold": 8.0}
    errors = {"root_mean_squared_error": 0.5, "rank_correlation": 0.25}
    put(
        world,
        "customer_value_evaluation",
        [evaluation | errors | {"came": came} for came in (6.0, 14.0)],
    )
    rows = asked(world, "q25")
    tenths = {row["member"]: row for row in rows if row["level"] == "tenth by lifetime value"}
    assert told(tenths["1"], "customers", "margin_to_date", "share", "lifetime_value") == (
        (1, 30, 0.3, 45)
    )
    assert told(tenths["2"], "share", "churn_risk", "high_risk_customers") == (0.7, 0.9, 1)
    assert told(tenths["0"], "customers", "paid_at_unknown_cost", "lifetime_value") == (
        (1, 500, None)
    )
    customers = [row for row in rows if row["level"] == "customer"]
    assert [row["member"] for row in customers] == ["2", "1"], "the newest month, best first"
    (tested,) = (row for row in rows if row["level"] == "foretold over came: orders")
    assert told(tested, "member", "share", "error", "rank_correlation") == ("model", 0.8, 0.5, 0.25)

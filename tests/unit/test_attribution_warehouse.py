"""What the warehouse learns of channels: for each kind of conversion, in any order of rows."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from orchestration.attribution.warehouse import SCHEMA, channels_weighed

PATHS = [
    ("sale", "a > b > c", 1, Decimal("30.0000"), 0),
    ("sale", "a > d", 0, Decimal(0), 1),
    ("sale", "b > c", 1, Decimal("10.5000"), 0),
    ("sale", "", 2, Decimal("7.0000"), 0),
    ("lead", "a", 3, Decimal(0), 1),
]
EFFECTS = {"a": 1 / 2, "b": 1.0, "c": 1.0, "d": 0.0}


def weighed(rows: list[tuple[object, ...]], order: int = 1) -> pa.Table:
    with duckdb.connect() as connection:
        connection.execute(
            "create table paths (conversion_type varchar, path varchar, conversions bigint, "
            "revenue_amount decimal(28, 4), nulls bigint)"
        )
        if rows:
            connection.executemany("insert into paths values (?, ?, ?, ?, ?)", rows)
        return channels_weighed(connection.table("paths"), order)


def of(table: pa.Table, kind: str, model: str) -> dict[str, dict[str, object]]:
    return {
        row["channel_code"]: row
        for row in table.to_pylist()
        if (row["conversion_type"], row["attribution_model"]) == (kind, model)
    }


def test_each_kind_of_conversion_has_its_own_models() -> None:
    """The chain of sales by hand: start to a (2/3) or b; a to b or d; b to c; c converts."""
    found = weighed(PATHS)
    assert found.schema == SCHEMA
    markov = of(found, "sale", "markov")
    assert {c: row["removal_effect"] for c, row in markov.items() if row["is_attributed"]} == (
        pytest.approx(EFFECTS)
    )
    assert markov["a"]["weight"] == markov["a"]["removal_effect"]
    assert markov["b"]["model_conversions"] == pytest.approx(2 * 1 / 2.5)
    assert markov["(unattributed)"]["model_conversions"] == 2
    assert markov["(unattributed)"]["weight"] is None
    assert {row["weight"] for row in of(found, "sale", "shapley").values()} == {1.0, None}
    assert set(of(found, "lead", "markov")) == {"a"}
    for kind, conversions, revenue in (("sale", 4, 47.5), ("lead", 3, 0)):
        for model in ("markov", "shapley", "shapley_rate"):
            rows = of(found, kind, model).values()
            assert sum(row["model_conversions"] for row in rows) == pytest.approx(conversions)
            assert sum(row["model_revenue_amount"] or 0 for row in rows) == pytest.approx(revenue)


def test_the_order_of_rows_leaves_no_trace() -> None:
    assert weighed(PATHS[::-1]).equals(weighed(PATHS))


def test_without_journeys_there_is_nothing_to_learn() -> None:
    assert weighed([]).equals(SCHEMA.empty_table())
    nothing_led_to_it = weighed([("won_deal", "", 1, Decimal("5.0000"), 0)])
    assert [
        (row["channel_code"], row["model_conversions"], row["model_revenue_amount"])
        for row in nothing_led_to_it.to_pylist()
    ] == [("(unattributed)", 1.0, 5.0)] * 3
    never = weighed([("won_deal", "a > b", 0, Decimal(0), 5)])
    assert {row["model_conversions"] for row in never.to_pylist()} <= {0.0}

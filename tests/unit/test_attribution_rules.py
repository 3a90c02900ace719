"""Attribution by rule, by hand-worked paths."""

from __future__ import annotations

import pytest

from orchestration.attribution import MODELS, attribute

THREE = [
    {"path": "a > b > a > c", "conversions": 4, "value": 80.0, "nulls": 1},
    {"path": "b > direct", "conversions": 2, "value": 10.0, "nulls": 0},
    {"path": "direct", "conversions": 3, "value": 9.0, "nulls": 5},
]


def credit(found, model, column="conversions"):
    return {
        row["channel"]: row[column]
        for row in found.credit.to_pylist()
        if row["attribution_model"] == model
    }


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first_touch", {"a": 4, "b": 2, "c": 0, "direct": 3}),
        ("last_touch", {"a": 0, "b": 0, "c": 4, "direct": 5}),
        ("last_non_direct", {"a": 0, "b": 2, "c": 4, "direct": 3}),
        ("linear", {"a": 2, "b": 1 + 1, "c": 1, "direct": 1 + 3}),
        ("position_based", {"a": 1.6 + 0.4, "b": 0.4 + 1, "c": 1.6, "direct": 1 + 3}),
        (
            "time_decay",
            {"a": 4 * 5 / 15, "b": 4 * 2 / 15 + 2 / 3, "c": 4 * 8 / 15, "direct": 4 / 3 + 3},
        ),
        ("shapley", {"a": 4 / 3, "b": 4 / 3 + 1, "c": 4 / 3, "direct": 1 + 3}),
    ],
)
def test_a_rule_shares_as_worked_by_hand(model, expected):
    assert credit(attribute(THREE), model) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_credit_of_a_model_sums_to_conversions_and_value(model):
    found = attribute(THREE, model)
    assert sum(credit(found, model).values()) == pytest.approx(9, rel=1e-12)
    assert sum(credit(found, model, "value").values()) == pytest.approx(99, rel=1e-12)

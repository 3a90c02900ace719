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


def test_options_of_the_rules():
    found = attribute(
        THREE, position_weights=(0.5, 0.2), half_life=2, direct_channel=[" B", "C", "none"]
    )
    assert credit(found, "position_based") == pytest.approx(
        {"a": 2 + 0.6, "b": 0.6 + 2 * 0.65, "c": 0.8, "direct": 2 * 0.35 + 3}
    )
    worth = [2 ** (-steps / 2) for steps in (3, 2, 1, 0)]
    assert credit(found, "time_decay") == pytest.approx(
        {
            "a": 4 * (worth[0] + worth[2]) / sum(worth),
            "b": 4 * worth[1] / sum(worth) + 2 * worth[2] / (1 + worth[2]),
            "c": 4 / sum(worth),
            "direct": 2 / (1 + worth[2]) + 3,
        }
    )
    assert credit(found, "last_non_direct") == {"a": 4, "b": 0, "c": 0, "direct": 5}
    alike = attribute({"path": ["a>Direct", "DIRECT"], "conversions": [1, 1]}, "last_non_direct")
    assert credit(alike, "last_non_direct") == {"DIRECT": 1, "Direct": 0, "a": 1}


@pytest.mark.parametrize("model", MODELS)
def test_credit_of_a_model_sums_to_conversions_and_value(model):
    found = attribute(THREE, model)
    assert sum(credit(found, model).values()) == pytest.approx(9, rel=1e-12)
    assert sum(credit(found, model, "value").values()) == pytest.approx(99, rel=1e-12)

"""Markov chains against worked examples, and against a chain solved anew without each channel."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from orchestration.attribution import attribute, markov


def effects(found, column="removal_effect"):
    return {row["channel"]: row[column] for row in found.removal_effects.to_pylist()}


def owed(found, column="conversions"):
    return {row["channel"]: row[column] for row in found.credit.to_pylist()}


def drawn(seed, channels, rows, longest=9, share=0.7):
    """Random paths in which channels follow themselves, some of them short, some never taken."""
    draw = random.Random(seed)
    names = [f"c{place:03d}" for place in range(channels)]
    paths = []
    for _ in range(rows):
        path = [draw.choice(names)]
        while len(path) < longest and draw.random() < share:
            path.append(path[-1] if draw.random() < 0.3 else draw.choice(names))
        converted = draw.choice([0, 0, 1, 3, 2.5])
        paths.append(
            {
                "path": " > ".join(path),
                "conversions": converted,
                "value": converted * draw.randint(1, 90),
                "nulls": draw.choice([0, 1, 4]),
            }
        )
    return paths


def probability(paths, order, amount, without=None):
    """What a journey brings, by solving the chain whose states with a channel lead to null."""
    counts, brings = Counter(), Counter()
    for row in paths:
        steps = row["path"].split(" > ")
        states = [tuple(steps[at : at + order]) for at in range(max(1, len(steps) - order + 1))]
        weight = row["conversions"] + row["nulls"]
        for come, go in zip(["start", *states], [*states, "end"], strict=True):
            counts[come, go] += weight
        brings[states[-1]] += row[amount]
    states = ["start", *sorted({come for come, _ in counts if come != "start"})]
    place = {state: number for number, state in enumerate(states)}
    leaving = Counter()
    for (come, _), count in counts.items():
        leaving[come] += count
    left, right = np.eye(len(states)), np.zeros(len(states))
    for (come, go), count in counts.items():
        if leaving[come] and go != "end" and without not in go:
            left[place[come], place[go]] -= count / leaving[come]
    for state, brought in brings.items():
        if leaving[state] and without not in state:
            right[place[state]] += brought / leaving[state]
    return np.linalg.solve(left, right)[0]


def naive(paths, order, amount="conversions"):
    channels = sorted({step for row in paths for step in row["path"].split(" > ")})
    whole = probability(paths, order, amount)
    return {c: 1 - probability(paths, order, amount, c) / whole for c in channels}


def test_the_three_path_example():
    found = attribute(
        [
            {"path": "C1 > C2 > C3", "conversions": 1, "nulls": 0},
            {"path": "C1", "conversions": 0, "nulls": 1},
            {"path": "C2 > C3", "conversions": 0, "nulls": 1},
        ],
        "markov",
    )
    assert effects(found) == pytest.approx({"C1": 0.5, "C2": 1, "C3": 1}, abs=1e-14)
    assert owed(found) == pytest.approx({"C1": 0.2, "C2": 0.4, "C3": 0.4}, abs=1e-14)


def test_removal_effects_worked_by_hand():
    found = attribute(
        [
            {"path": "ads", "conversions": 2, "nulls": 1},
            {"path": "mail", "conversions": 1, "nulls": 0},
            {"path": "ads > mail", "conversions": 1, "nulls": 0},
        ],
        "markov",
    )
    # 4/5 begin with ads, of which 2/4 convert and 1/4 go on to mail, where all convert.
    assert effects(found) == pytest.approx({"ads": 0.6 / 0.8, "mail": 0.4 / 0.8}, abs=1e-14)
    assert owed(found) == pytest.approx({"ads": 2.4, "mail": 1.6}, abs=1e-14)
    shares = {
        (row["from_state"], row["to_state"]): row["probability"]
        for row in found.transitions.to_pylist()
    }
    assert shares == {
        ("(start)", "ads"): 0.8,
        ("(start)", "mail"): 0.2,
        ("ads", "mail"): 0.25,
        ("ads", "(conversion)"): 0.5,
        ("ads", "(null)"): 0.25,
        ("mail", "(conversion)"): 1.0,
    }


def test_value_follows_the_last_state():
    paths = [
        {"path": "a > b", "conversions": 1, "value": 10.0, "nulls": 1},
        {"path": "b", "conversions": 1, "value": 30.0, "nulls": 0},
        {"path": "c", "conversions": 1, "value": 100.0, "nulls": 1},
    ]
    found = attribute(paths, "markov")
    # Per journey: 2/5 begin with a, 1/5 with b, 2/5 with c; b brings 40 / 3, c 100 / 2.
    whole = 3 / 5 * 40 / 3 + 2 / 5 * 50
    expected = {"a": 2 / 5 * 40 / 3 / whole, "b": 8 / whole, "c": 20 / whole}
    assert effects(found, "value_removal_effect") == pytest.approx(expected, rel=1e-13)
    total = sum(expected.values())
    assert owed(found, "value") == pytest.approx(
        {c: 140 * e / total for c, e in expected.items()}, rel=1e-13
    )
    alike = attribute(paths, "markov", markov_value="conversions")
    shares = owed(alike)
    assert owed(alike, "value") == pytest.approx({c: s / 3 * 140 for c, s in shares.items()})


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("way", ["inverse", "steps"])
def test_effects_equal_a_chain_solved_without_the_channel(monkeypatch, order, seed, way):
    if way == "steps":
        monkeypatch.setattr(markov, "DENSE_STATES", 0)
        monkeypatch.setattr(markov, "TABLE", 0)
        monkeypatch.setattr(markov, "FEW_CELLS", 0)
    paths = drawn(seed, channels=6, rows=120)
    found = attribute(paths, "markov", markov_order=order)
    assert effects(found) == pytest.approx(naive(paths, order), abs=1e-10)
    assert effects(found, "value_removal_effect") == pytest.approx(
        naive(paths, order, "value"), abs=1e-10
    )


def test_three_hundred_channels():
    paths = drawn(7, channels=300, rows=2500)
    found = effects(attribute(paths, "markov"))
    assert len(found) == 300
    whole = probability(paths, 1, "conversions")
    for channel in ("c000", "c137", "c299"):
        lost = 1 - probability(paths, 1, "conversions", channel) / whole
        assert found[channel] == pytest.approx(lost, rel=1e-9)


def test_long_paths_are_exact(monkeypatch):
    """Journeys of hundreds of steps leave many equations ill at ease, not wrong."""
    paths = drawn(3, channels=4, rows=60, longest=600, share=0.995)
    monkeypatch.setattr(markov, "DENSE_STATES", 0)
    found = effects(attribute(paths, "markov", markov_order=2))
    assert found == pytest.approx(naive(paths, 2), abs=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_channel_that_follows_itself_changes_no_effect_of_order_one(order):
    paths = drawn(5, channels=4, rows=80)
    kept = attribute(paths, "markov", markov_order=order)
    collapsed = attribute(paths, "markov", markov_order=order, collapse=True)
    alike = effects(kept) == pytest.approx(effects(collapsed), abs=1e-12)
    assert alike if order == 1 else not alike
    loops = [
        row for row in collapsed.transitions.to_pylist() if row["from_state"] == row["to_state"]
    ]
    assert order > 1 or not loops


def test_transitions_of_higher_order_leave_each_state_once():
    found = attribute(drawn(2, 5, 60), "markov", markov_order=2)
    leaving = Counter()
    for row in found.transitions.to_pylist():
        leaving[row["from_kind"], row["from_state"]] += row["probability"]
        if row["from_kind"] == row["to_kind"] == "channel":
            assert row["from_state"].split(" > ")[1:] == row["to_state"].split(" > ")[:-1]
    assert list(leaving.values()) == pytest.approx([1.0] * len(leaving))


def test_without_nulls_an_effect_is_the_share_of_journeys_through_a_channel():
    found = attribute({"path": ["a > b", "b", "c"], "conversions": [1, 1, 2]}, "markov")
    assert effects(found) == pytest.approx({"a": 0.25, "b": 0.5, "c": 0.5})
    assert "No paths without conversion" in found.notes[0]


def test_no_journey_is_ever_unaccounted_for():
    """Channels on no path that was taken, nulls alone, one channel, and nothing at all."""
    nowhere = attribute({"path": ["a", "b > c"], "conversions": [2, 0], "nulls": [1, 0]}, "markov")
    assert owed(nowhere) == {"a": 2.0, "b": 0.0, "c": 0.0}
    nothing = attribute({"path": ["a", "b"], "conversions": [0, 0], "nulls": [3, 1]}, "markov")
    assert owed(nothing) == {"a": 0.0, "b": 0.0}
    assert nothing.channel_weights.column("weight").to_pylist() == [1.0, 1.0]
    empty = attribute({"path": [], "conversions": []}, "markov")
    assert empty.credit.num_rows == 0
    assert empty.transitions.num_rows == 0


def test_rows_in_another_order_give_the_very_same_numbers():
    paths = drawn(11, channels=5, rows=300)
    mixed = random.Random(1).sample(paths, len(paths))
    halves = [
        {
            **row,
            "conversions": row["conversions"] / 2,
            "value": row["value"] / 2,
            "nulls": row["nulls"] / 2,
        }
        for row in paths + mixed
    ]
    for order in (1, 3):
        once = attribute(paths, "markov", markov_order=order)
        assert owed(attribute(mixed, "markov", markov_order=order)) == owed(once)
        assert owed(attribute(mixed, "markov", markov_order=order), "value") == owed(once, "value")
        assert owed(attribute(halves, "markov", markov_order=order)) == owed(once)

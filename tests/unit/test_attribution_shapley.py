"""Shapley values against worked examples, and against every order in which players can join."""

from __future__ import annotations

import random
from itertools import chain, combinations, permutations

import numpy as np
import pytest

from orchestration.attribution import AttributionError, attribute, shapley_values


def owed(found, column="conversions"):
    return {row["channel"]: row[column] for row in found.credit.to_pylist()}


def drawn(seed, channels=5, rows=60):
    draw = random.Random(seed)
    names = [chr(ord("a") + place) for place in range(channels)]
    paths = []
    for _ in range(rows):
        path = draw.choices(names, k=draw.randint(1, 6))
        conversions = draw.choice([0, 0, 1, 2])
        paths.append(
            {
                "path": " > ".join(path),
                "conversions": conversions,
                "value": conversions * draw.randint(-5, 30),
                "nulls": draw.choice([0, 1, 5]),
            }
        )
    return paths


def by_joining(players, worth):
    """Each player's mean gain over all orders in which the players can join."""
    values = dict.fromkeys(players, 0.0)
    orders = list(permutations(players))
    for order in orders:
        held = frozenset()
        for player in order:
            values[player] += (worth(held | {player}) - worth(held)) / len(orders)
            held |= {player}
    return values


def inside(paths, coalition, amount):
    return sum(row[amount] for row in paths if set(row["path"].split(" > ")) <= coalition)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("amount", ["conversions", "value"])
def test_conversions_of_paths_inside_the_coalition(seed, amount):
    paths = drawn(seed)
    expected = by_joining("abcde", lambda held: inside(paths, held, amount))
    assert owed(attribute(paths, "shapley"), amount) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("amount", ["conversions", "value"])
def test_rates_of_paths_inside_the_coalition(seed, amount):
    paths = drawn(seed)

    def rate(held):
        journeys = inside(paths, held, "conversions") + inside(paths, held, "nulls")
        return inside(paths, held, amount) / journeys if journeys else 0.0

    journeys = sum(row["conversions"] + row["nulls"] for row in paths)
    expected = {c: phi * journeys for c, phi in by_joining("abcde", rate).items()}
    found = owed(attribute(paths, "shapley_rate"), amount)
    assert found == pytest.approx(expected, abs=1e-9)
    assert sum(found.values()) == pytest.approx(sum(row[amount] for row in paths), abs=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rates_of_exactly_the_coalition_within_each_set(seed):
    paths = drawn(seed)
    sets = {}
    for row in paths:
        held = sets.setdefault(frozenset(row["path"].split(" > ")), [0, 0, 0])
        for place, amount in enumerate(("conversions", "nulls", "value")):
            held[place] += row[amount]

    def rate(held):
        conversions, nulls, _ = sets.get(frozenset(held), (0, 0, 0))
        return conversions / (conversions + nulls) if conversions else 0.0

    expected = {"conversions": dict.fromkeys("abcde", 0.0), "value": dict.fromkeys("abcde", 0.0)}
    for members, (conversions, _, value) in sets.items():
        if conversions:
            for channel, phi in by_joining(sorted(members), rate).items():
                expected["conversions"][channel] += conversions * phi / rate(members)
                expected["value"][channel] += value * phi / rate(members)
    found = attribute(paths, "shapley_set_rate")
    for amount, credit in expected.items():
        assert owed(found, amount) == pytest.approx(credit, abs=1e-9)


def test_a_rate_can_owe_less_than_nothing():
    """b never converts where a alone always does: a's presence pays for b's journeys."""
    paths = {"path": ["a", "b", "a > b"], "conversions": [4, 0, 1], "nulls": [0, 4, 1]}
    # Rates: a 1, b 0, both 5 / 10.
    found = owed(attribute(paths, "shapley_rate"))
    assert found == pytest.approx({"a": 10 * (1 + 0.5) / 2, "b": 10 * (0 - 0.5) / 2})
    weights = attribute(paths, "shapley_rate").channel_weights.column("weight").to_pylist()
    assert weights == [pytest.approx(7.5), 0.0]


def test_channels_beyond_the_limit_play_as_one():
    paths = drawn(4, channels=7, rows=200)
    found = attribute(paths, "shapley_rate", max_players=4)
    taken = {
        channel: sum(row["conversions"] + row["nulls"] for row in paths if channel in row["path"])
        for channel in "abcdefg"
    }
    alone = sorted(taken, key=lambda channel: (-taken[channel], channel))[:3]
    merged = [
        {**row, "path": [c if c in alone else "rest" for c in row["path"].split(" > ")]}
        for row in paths
    ]
    expected = owed(attribute(merged, "shapley_rate"))
    credit = owed(found)
    assert {c: credit[c] for c in alone} == pytest.approx({c: expected[c] for c in alone})
    others = [c for c in "abcdefg" if c not in alone]
    assert sum(credit[c] for c in others) == pytest.approx(expected["rest"])
    shares = owed(attribute(paths, "shapley"))
    for channel in others:
        whole = sum(shares[c] for c in others)
        assert credit[channel] == pytest.approx(expected["rest"] * shares[channel] / whole)
    assert "4 channels with the fewest journeys play as one" in found.notes[0]


def test_three_hundred_channels_have_a_value():
    draw = np.random.default_rng(3)
    paths = [
        {
            "path": [f"c{c}" for c in draw.integers(0, 300, draw.integers(1, 9))],
            "conversions": int(draw.integers(0, 3)),
            "nulls": 1,
        }
        for _ in range(2000)
    ]
    total = sum(row["conversions"] for row in paths)
    for model in ("shapley", "shapley_rate", "shapley_set_rate"):
        found = owed(attribute(paths, model))
        assert len(found) == 300
        assert sum(found.values()) == pytest.approx(total, rel=1e-9)


def test_the_glove_game():
    """One left glove, two right ones: a pair is worth 1."""
    gains = {
        frozenset(held): float("left" in held and len(held) > 1)
        for held in chain.from_iterable(
            combinations(("left", "right", "other right"), size) for size in range(1, 4)
        )
    }
    expected = {"left": 4 / 6, "right": 1 / 6, "other right": 1 / 6}
    assert shapley_values(gains) == pytest.approx(expected)


def test_a_game_may_be_given_by_names():
    assert shapley_values({"a": 80, "b": 56, ("a", "b"): 100}) == {"a": 62.0, "b": 38.0}
    assert shapley_values({(): 4, "a": 10, "b": 4, ("b", "a"): 10}) == {"a": 6.0, "b": 0.0}


def test_a_game_with_gaps_is_refused_unless_they_are_filled():
    with pytest.raises(AttributionError, match=r"\{b\} is missing"):
        shapley_values({"a": 1, ("a", "b"): 3})
    assert shapley_values({"a": 1, ("a", "b"): 3}, missing=0) == {"a": 2.0, "b": 1.0}
    with pytest.raises(AttributionError, match=r"\{a, b\} stands twice"):
        shapley_values({("a", "b"): 1, ("b", "a"): 2})

"""The Markov model by its definition, the slow way, to check a fast way against.

Belongs here: a chain counted path by path, and each channel's removal effect from a chain of its
own, in which that channel's states are gone, solved as a dense linear system.
Doesn't belong here: the project's attribution, of which this uses nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

START, CONVERSION, NULL = "start", "conversion", "null"

Floats = npt.NDArray[np.float64]
State = tuple[str, ...] | str
Path = tuple[tuple[str, ...], float, float]
"""Channels in order, conversions, nulls."""
Counts = dict[State, dict[State, float]]


def counted(paths: Iterable[Path], order: int) -> Counts:
    """How often each state was followed by each other; a state is `order` channels in a row.

    A path that is shorter than the order is one state. Each path counts once for each of its
    conversions and once for each of its nulls.
    """
    counts: Counts = defaultdict(lambda: defaultdict(float))
    for channels, conversions, nulls in paths:
        last = max(len(channels) - order, 0)
        states = [channels[place : place + order] for place in range(last + 1)]
        taken = conversions + nulls
        before: State = START
        for state in states:
            counts[before][state] += taken
            before = state
        counts[before][CONVERSION] += conversions
        counts[before][NULL] += nulls
    return counts


def probabilities(counts: Counts) -> tuple[list[State], Floats, Floats]:
    """The states, START first; from each to each other; and from each to a conversion."""
    states = [START, *(state for state in counts if state != START)]
    number = {state: place for place, state in enumerate(states)}
    moves, converts = np.zeros((len(states), len(states))), np.zeros(len(states))
    for state, place in number.items():
        total = sum(counts[state].values())
        for then, times in counts[state].items():
            if then == CONVERSION:
                converts[place] = times / total
            elif then in number:
                moves[place, number[then]] = times / total
    return states, moves, converts


def converting(
    states: list[State], moves: Floats, converts: Floats, without: str | None = None
) -> float:
    """Probability that a journey converts; transitions into states with `without` fail."""
    kept = [
        place
        for place, state in enumerate(states)
        if state == START or without is None or without not in state
    ]
    system = np.eye(len(kept)) - moves[np.ix_(kept, kept)]
    return float(np.linalg.solve(system, converts[kept])[0])


def markov(paths: list[Path], order: int) -> dict[str, float]:
    """Conversions that each channel is owed, in proportion to what is lost without it."""
    chain = probabilities(counted(paths, order))
    channels = sorted({channel for steps, _, _ in paths for channel in steps})
    whole = converting(*chain)
    effects = {channel: 1 - converting(*chain, channel) / whole for channel in channels}
    conversions = sum(conversions for _, conversions, _ in paths)
    total = sum(effects.values())
    return {channel: effect / total * conversions for channel, effect in effects.items()}

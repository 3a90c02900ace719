"""The Markov model: what share of conversions would be lost without a channel.

Belongs here: the chain of states, its transition counts, and removal effects by linear algebra.
Doesn't belong here: how removal effects become credit (see `credit`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from orchestration.attribution.errors import AttributionError
from orchestration.attribution.paths import Floats, Integers, Paths, Steps, sums

NO_CHANNEL = -1
DENSE_STATES = 1000
CELLS = 1 << 22
"""Numbers that a block of right-hand sides holds at most."""
LEFT_OVER = 1e-20
"""Share of journeys still under way at which the series of steps is cut."""


@dataclass(frozen=True)
class Chain:
    """Counts of an absorbing chain: start, then states, then conversion or null.

    states: (states, order) channel numbers, `NO_CHANNEL` after the end of a path that is shorter
    than the order. moves[i, j]: journeys times their transitions from state i to j. value: what
    the conversions from each state were worth.
    """

    states: Steps
    start: Floats
    moves: sparse.csr_array
    conversions: Floats
    nulls: Floats
    value: Floats | None

    @property
    def leaving(self) -> Floats:
        """How often each state was left, to anywhere."""
        return np.asarray(self.moves.sum(axis=1)).ravel() + self.conversions + self.nulls


def chain(paths: Paths, order: int) -> Chain:
    """Count the transitions of all paths; a state is the last `order` channels.

    Each path counts once for each of its conversions and nulls. A channel that follows itself is
    a transition as any other; it changes no removal effect.
    """
    states, steps, ends = _states(paths, order)
    count = len(states)
    firsts, lasts, weights = steps[ends[:-1]], steps[ends[1:] - 1], paths.weights
    travelled = np.repeat(weights, np.diff(ends))
    travelled[ends[1:] - 1] = 0.0
    moves = _moves(steps, travelled, count)
    return Chain(
        states=states,
        start=sums(firsts, weights, count),
        moves=moves,
        conversions=sums(lasts, paths.conversions, count),
        nulls=sums(lasts, paths.nulls, count),
        value=None
        if paths.value is None
        else sums(lasts, np.where(weights > 0, paths.value, 0.0), count),
    )


def _moves(steps: Steps, travelled: Floats, count: int) -> sparse.csr_array:
    """Transitions between neighbouring steps, weighted; the last step of a path weighs 0."""
    if not len(steps):
        return sparse.csr_array((count, count))
    cells = steps[:-1].astype(np.int64) * count + steps[1:]
    weights = travelled[:-1]
    if count * count <= 4 * max(len(cells), CELLS):
        total = sums(cells, weights, count * count)
        return sparse.csr_array(total.reshape(count, count))
    codes, found = pd.factorize(cells)
    total = sums(codes, weights, len(found))
    return sparse.coo_array((total, (found // count, found % count)), (count, count)).tocsr()


def _states(paths: Paths, order: int) -> tuple[Steps, Steps, Integers]:
    """The states, the state of each step, and where each path's states begin and end."""
    if order == 1:
        return np.arange(len(paths.channels), dtype=np.int32)[:, None], paths.steps, paths.ends
    base = len(paths.channels) + 1
    if base**order >= 1 << 62:
        raise AttributionError(
            f"A chain of order {order} over {base - 1:,} channels has too many states to number; "
            "take a lower order."
        )
    lengths = np.maximum(paths.lengths - order + 1, 1)
    ends = np.concatenate(([0], np.cumsum(lengths)))
    place = np.arange(ends[-1]) + np.repeat(paths.ends[:-1] - ends[:-1], lengths)
    limit = np.repeat(paths.ends[1:], lengths)
    keys = np.zeros(len(place), dtype=np.int64)
    for ahead in range(order):
        there = place + ahead
        channel = paths.steps[np.minimum(there, len(paths.steps) - 1)]
        keys = keys * base + np.where(there < limit, channel + 1, 0)
    codes, found = pd.factorize(keys)
    ranks = np.argsort(found)
    number = np.empty(len(found), dtype=np.int32)
    number[ranks] = np.arange(len(found), dtype=np.int32)
    powers = base ** np.arange(order - 1, -1, -1)
    states = (found[ranks][:, None] // powers % base - 1).astype(np.int32)
    return states, number[codes], ends


def removal_effects(of: Chain, channels: int) -> tuple[Floats, Floats | None]:
    """The share of conversions, and of value, that is lost without each channel.

    Every transition into a state that holds the channel leads to null instead. 0 for channels
    on no path that was taken, and for all where nothing converts. The share of value is of the
    value expected of a journey; it can lie outside 0 and 1 where values are negative.
    """
    begun = of.start.sum()
    if begun == 0:
        return np.zeros(channels), None if of.value is None else np.zeros(channels)
    leaving = of.leaving
    per = 1.0 / np.where(leaving > 0, leaving, 1.0)
    rewards = of.conversions if of.value is None else np.stack([of.conversions, of.value], axis=1)
    rewards = rewards.reshape(len(leaving), -1) * per[:, None]
    moves = sparse.diags_array(per) @ of.moves
    solve = _by_inverse if len(leaving) <= DENSE_STATES else _by_series
    total, lost = solve(moves.tocsr(), of.start / begun, rewards, of.states, channels)
    effects = np.divide(lost, total, out=np.zeros_like(lost), where=total != 0)
    conversions = np.clip(effects[:, 0], 0.0, 1.0)
    return conversions, None if of.value is None else effects[:, 1]


def _by_inverse(
    moves: sparse.csr_array, start: Floats, rewards: Floats, states: Steps, channels: int
) -> tuple[Floats, Floats]:
    """What a journey brings, and what is lost without each channel, by one inverse N = (I - Q)^-1.

    Journeys are in state g, for the last time before they are absorbed or leave G, the states
    with the channel, in f[g] y[g]; f = start N are expected visits, and y = N[G, G]^-1 (N r)[G]
    what a journey brings from g without coming back to G. For a single state that is
    N[start, c] / N[c, c] * (N r)[c].
    """
    visits = np.linalg.inv(np.eye(len(start)) - moves.toarray())
    expected = visits @ rewards
    reached = start @ visits
    if states.shape[1] == 1:
        lost = (reached / np.diag(visits))[:, None] * expected
        return start @ expected, lost
    lost = np.zeros((channels, rewards.shape[1]))
    for channel in range(channels):
        group = np.flatnonzero((states == channel).any(axis=1))
        kept = np.linalg.solve(visits[np.ix_(group, group)], expected[group])
        lost[channel] = reached[group] @ kept
    return start @ expected, lost


def _by_series(
    moves: sparse.csr_array, start: Floats, rewards: Floats, states: Steps, channels: int
) -> tuple[Floats, Floats]:
    """The same for many states: the sum of Q^n r, one column for each channel left out.

    States that hold the channel are kept at 0. Cut when at most `LEFT_OVER` of the journeys
    from any state are still under way, which bounds the error of every column.
    """
    moves, rewards = _without_loops(moves, rewards)
    under_way, steps = np.ones(len(start)), 0
    while under_way.max() > LEFT_OVER:
        under_way, steps = moves @ under_way, steps + 1
    width = max(1, CELLS // len(start))
    total = np.zeros(rewards.shape[1])
    left = np.zeros((channels, rewards.shape[1]))
    for kind in range(rewards.shape[1]):
        reward = rewards[:, kind]
        total[kind] = start @ _series(moves, reward, np.ones((len(start), 1)), steps)[:, 0]
        for begin in range(0, channels, width):
            some = np.arange(begin, min(begin + width, channels))
            stays = np.ones((len(start), len(some)))
            for place in range(states.shape[1]):
                stays[states[:, place, None] == some] = 0.0
            left[some, kind] = start @ _series(moves, reward, stays, steps)
    return total, total - left


def _series(moves: sparse.csr_array, reward: Floats, stays: Floats, steps: int) -> Floats:
    gained = stays * reward[:, None]
    gain = gained.copy()
    for _ in range(steps):
        gain = moves @ gain
        gain *= stays
        gain += gained
    return gain


def _without_loops(moves: sparse.csr_array, rewards: Floats) -> tuple[sparse.csr_array, Floats]:
    """The chain without transitions from a state to itself, which change where nobody ends up."""
    loops = moves.diagonal()
    leaving = 1.0 / (1.0 - loops)
    rest = moves - sparse.diags_array(loops)
    return (sparse.diags_array(leaving) @ rest).tocsr(), rewards * leaving[:, None]


def state_names(of: Chain, channels: tuple[str, ...], separator: str) -> list[str]:
    """Each state's channels in order, with the separator between them."""
    return [
        separator.join(channels[place] for place in state if place != NO_CHANNEL)
        for state in of.states.tolist()
    ]


def transitions(of: Chain, names: list[str]) -> dict[str, list[object] | npt.NDArray[np.generic]]:
    """Columns of the transition table: kinds and names of both states, count and probability."""
    moves = of.moves.tocoo()
    begins, converts, fails = (np.flatnonzero(x) for x in (of.start, of.conversions, of.nulls))
    sizes = (len(begins), moves.nnz, len(converts), len(fails))
    label = np.array([*names, "(start)", "(conversion)", "(null)"], dtype=object)
    start, conversion, null = (len(names) + place for place in range(3))
    come = np.concatenate([np.full(sizes[0], start), moves.row, converts, fails])
    go = np.concatenate([begins, moves.col, np.full(sizes[2], conversion), np.full(sizes[3], null)])
    counts = np.concatenate(
        [of.start[begins], moves.data, of.conversions[converts], of.nulls[fails]]
    )
    totals = np.concatenate([of.leaving, [of.start.sum()]])
    keep = counts > 0
    kinds = np.array([*["channel"] * len(names), "start", "conversion", "null"], dtype=object)
    return {
        "from_kind": kinds[come[keep]],
        "from_state": label[come[keep]],
        "to_kind": kinds[go[keep]],
        "to_state": label[go[keep]],
        "transitions": counts[keep],
        "probability": counts[keep] / totals[come[keep]],
    }

"""The Markov model: what share of conversions would be lost without a channel.

Belongs here: the chain of states, its transition counts, and removal effects by linear algebra.
Doesn't belong here: how removal effects become credit (see `credit`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.sparse import linalg

from orchestration.attribution.errors import AttributionError
from orchestration.attribution.paths import Block, Floats, Integers, Paths, Steps, ends_of, sums

NO_CHANNEL = -1
DENSE_STATES = 1000
FEW_CELLS = 1 << 17
"""Pairs of state and next channel that are counted in a full table."""
TABLE = 1 << 24
"""Keys that are looked up in a full table."""
LEFT_OVER = 1e-12
"""Share of journeys by which a solution of many equations may be wrong."""


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
    keys, states, visited = _visited(paths, order)
    count, weights = len(states), paths.weights
    worth = None if paths.value is None else np.where(weights > 0, paths.value, 0.0)
    return Chain(
        states=states,
        start=sums(visited.firsts, weights, count),
        moves=_moves(visited, keys, states),
        conversions=sums(visited.lasts, paths.conversions, count),
        nulls=sums(visited.lasts, paths.nulls, count),
        value=None if worth is None else sums(visited.lasts, worth, count),
    )


def _visited(paths: Paths, order: int) -> tuple[Integers, Steps, Paths]:
    """Keys of the states in order, their channels, and the paths with states as their steps.

    A key has a digit for each channel, from 1 up, and 0 after the end of a short path.
    """
    base = len(paths.channels) + 1
    if order == 1:
        channels = np.arange(len(paths.channels), dtype=np.int32)
        return channels.astype(np.int64) + 1, channels[:, None], paths
    if base**order >= 1 << 62:
        raise AttributionError(
            f"A chain of order {order} over {base - 1:,} channels has too many states to number; "
            "take a lower order."
        )
    lengths = np.maximum(paths.lengths - order + 1, 1)
    held = [np.zeros(0, dtype=np.int64)]
    for some in paths.blocks():
        ahead = np.concatenate([some.steps + 1, np.zeros(order, dtype=np.int32)])
        part = lengths[some.paths]
        begins = ends_of(some.lengths)[:-1] - ends_of(part)[:-1]
        place = np.arange(part.sum()) + np.repeat(begins, part)
        key = np.zeros(len(place), dtype=np.int64)
        for more in range(order):
            key = key * base + ahead[place + more]
        short = np.flatnonzero(some.lengths < order)
        at = ends_of(part)[short]
        power = base ** (order - some.lengths[short])
        key[at] = key[at] // power * power
        held.append(key)
    keys, codes = _numbered(np.concatenate(held), base**order)
    powers = base ** np.arange(order - 1, -1, -1)
    states = (keys[:, None] // powers % base - 1).astype(np.int32)
    return keys, states, replace(paths, steps=codes, ends=ends_of(lengths))


def _numbered(keys: Integers, limit: int) -> tuple[Integers, Steps]:
    """The different keys in order, and the place of each key among them."""
    if limit <= TABLE:
        there = np.zeros(limit, dtype=bool)
        there[keys] = True
        found = np.flatnonzero(there)
        number = np.cumsum(there, dtype=np.int32) - 1
        return found, number[keys]
    codes, found = pd.factorize(keys)
    ranks = np.argsort(found)
    number = np.empty(len(found), dtype=np.int32)
    number[ranks] = np.arange(len(found), dtype=np.int32)
    return found[ranks], number[codes]


def _moves(visited: Paths, keys: Integers, states: Steps) -> sparse.csr_array:
    """Transitions between neighbouring states, weighted by how often their path was taken."""
    count, channels = len(states), len(visited.channels)
    entered = np.maximum(states[:, -1], 0)
    if count * channels <= FEW_CELLS:
        total = np.zeros(count * channels)
        for some in visited.blocks():
            cells = some.steps[:-1] * np.int32(channels) + entered[some.steps[1:]]
            total += sums(cells, _travelled(some, visited.weights), len(total))
        cells = np.flatnonzero(total)
        total = total[cells]
    else:
        every = Block(slice(None), visited.steps, visited.lengths)
        codes, cells = pd.factorize(
            every.steps[:-1] * np.int64(channels) + entered[every.steps[1:]]
        )
        total = sums(codes, _travelled(every, visited.weights), len(cells))
        cells, total = cells[total > 0], total[total > 0]
    come, channel = cells // channels, cells % channels
    base, order = channels + 1, states.shape[1]
    go = np.searchsorted(keys, keys[come] % base ** (order - 1) * base + channel + 1)
    return sparse.coo_array((total, (come, go)), (count, count)).tocsr()


def _travelled(some: Block, weights: Floats) -> Floats:
    """How often each step but the last was followed by the next one; 0 between two paths."""
    travelled = np.repeat(weights[some.paths], some.lengths)
    travelled[np.cumsum(some.lengths) - 1] = 0.0
    return travelled[:-1]


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
    solve = _by_inverse if len(leaving) <= DENSE_STATES else _by_steps
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


def _by_steps(
    moves: sparse.csr_array, start: Floats, rewards: Floats, states: Steps, channels: int
) -> tuple[Floats, Floats]:
    """The same for many states: expected visits f = start (I - Q)^-1, and again without G."""
    backward = moves.T.tocsr()
    reached = _visits(backward, start, np.ones(len(start)), start)
    total = reached @ rewards
    lost = np.zeros((channels, rewards.shape[1]))
    for channel in range(channels):
        stays = (states != channel).all(axis=1).astype(float)
        if not stays.all():
            lost[channel] = total - _visits(backward, start, stays, reached) @ rewards
    return total, lost


def _visits(backward: sparse.csr_array, start: Floats, stays: Floats, guess: Floats) -> Floats:
    """Expected visits to each state when those that don't stay are closed.

    Solved by BiCGSTAB. What is then left over of the equation, in all, bounds the error in the
    probability of any end; further steps of the chain reduce it where it is too much.
    """
    begun = start * stays

    def left_over(visits: Floats) -> Floats:
        return np.asarray(begun - visits + stays * (backward @ (stays * visits)))

    size = len(start)
    equation = linalg.LinearOperator((size, size), lambda x: begun - left_over(x))
    visits, _ = linalg.bicgstab(
        equation, begun, x0=guess * stays, rtol=LEFT_OVER / 100, atol=0.0, maxiter=200
    )
    visits = visits if np.isfinite(visits).all() else begun
    while np.abs(rest := left_over(visits)).sum() > LEFT_OVER * max(1.0, visits.sum() / 1000):
        visits = visits + rest
    return np.asarray(visits)


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

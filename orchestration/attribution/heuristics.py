"""Rules that share a conversion by the place of a step in its path.

Belongs here: first, last, last non-direct, linear, position and time decay. Doesn't belong here:
models that learn from the paths that did not convert (see `markov` and `shapley`).
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from orchestration.attribution.paths import Floats, Integers, Paths, Steps, sums


def first_touch(paths: Paths, amounts: Floats) -> Floats:
    """Amount of each channel when a path's first step takes its amount; shape (channels,)."""
    return _by_channel(paths, paths.firsts, amounts)


def last_touch(paths: Paths, amounts: Floats) -> Floats:
    """Amount of each channel when a path's last step takes its amount; shape (channels,)."""
    return _by_channel(paths, paths.lasts, amounts)


def last_non_direct(paths: Paths, amounts: Floats, direct: Collection[str]) -> Floats:
    """The last step that is not direct takes the amount, the last where all are direct."""
    names = {name.strip().casefold() for name in direct}
    is_direct = np.array([name.casefold() in names for name in paths.channels], dtype=bool)
    places = np.arange(len(paths.steps), dtype=np.int64)
    places[is_direct[paths.steps]] = -1
    named = np.maximum.reduceat(places, paths.ends[:-1]) if len(places) else places
    chosen = np.where(named >= 0, named, paths.ends[1:] - 1)
    return _by_channel(paths, paths.steps[chosen], amounts)


def linear(paths: Paths, amounts: Floats) -> Floats:
    """Each step takes the same share of its path's amount; a channel as many as it has steps."""
    lengths, credit = _by_length(paths, amounts)
    return np.asarray((credit / lengths[:, None]).sum(axis=0))


def position_based(paths: Paths, amounts: Floats, first: float, last: float) -> Floats:
    """The first and the last step take these shares, those between share the rest equally.

    In a path of two steps, where nothing lies between, each of them takes half of the rest.
    """
    lengths, every = _by_length(paths, amounts)
    _, firsts = _by_length(paths, amounts, paths.firsts)
    _, lasts = _by_length(paths, amounts, paths.lasts)
    rest = 1.0 - first - last
    long, two = lengths > 2, lengths == 2
    credit = every[lengths == 1].sum(axis=0)
    credit = credit + ((first + rest / 2) * firsts[two] + (last + rest / 2) * lasts[two]).sum(
        axis=0
    )
    between = every[long] - firsts[long] - lasts[long]
    share = rest / (lengths[long] - 2)[:, None]
    credit = credit + (first * firsts[long] + last * lasts[long] + share * between).sum(axis=0)
    return np.asarray(credit)


def time_decay(paths: Paths, amounts: Floats, half_life: float) -> Floats:
    """A step takes half the share of the step that comes `half_life` steps after it."""
    longest = int(paths.lengths.max(initial=1))
    worth = np.exp2(-np.arange(longest) / half_life)
    units = amounts / np.cumsum(worth)[paths.lengths - 1]
    credit = np.zeros(len(paths.channels))
    for some in paths.blocks():
        after = np.repeat(np.cumsum(some.lengths), some.lengths) - np.arange(len(some.steps)) - 1
        shares = np.repeat(units[some.paths], some.lengths) * worth[after]
        credit += sums(some.steps, shares, len(credit))
    return credit


def _by_channel(paths: Paths, steps: Steps, amounts: Floats) -> Floats:
    return sums(steps, amounts, len(paths.channels))


def _by_length(
    paths: Paths, amounts: Floats, steps: Steps | None = None
) -> tuple[Integers, Floats]:
    """The lengths of paths, and the amounts by length and channel of every (or the given) step.

    Whole numbers are summed exactly, whatever the order of the paths.
    """
    lengths, rows = np.unique(paths.lengths, return_inverse=True)
    count = len(paths.channels)
    if steps is not None:
        total = sums(rows * count + steps, amounts, len(lengths) * count)
        return lengths, total.reshape(len(lengths), count)
    total = np.zeros(len(lengths) * count)
    for some in paths.blocks():
        cells = np.repeat(rows[some.paths] * count, some.lengths) + some.steps
        total += sums(cells, np.repeat(amounts[some.paths], some.lengths), len(total))
    return lengths, total.reshape(len(lengths), count)

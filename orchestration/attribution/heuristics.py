"""Rules that share a conversion by the place of a step in its path.

Belongs here: first, last, last non-direct, linear, position and time decay. Each takes paths and
returns what each channel is owed of their conversions, and of their value where there is one;
shape (1 or 2, channels). Doesn't belong here: models that learn from the paths that did not
convert (see `markov` and `shapley`).
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from orchestration.attribution.paths import Floats, Paths, Steps, sums


def first_touch(paths: Paths) -> Floats:
    """A path's first step takes all."""
    return _to_one(paths, paths.firsts)


def last_touch(paths: Paths) -> Floats:
    """A path's last step takes all."""
    return _to_one(paths, paths.lasts)


def last_non_direct(paths: Paths, direct: Collection[str]) -> Floats:
    """The last step that is not direct takes all, the last where all are direct."""
    names = {name.strip().casefold() for name in direct}
    is_direct = np.array([name.casefold() in names for name in paths.channels], dtype=bool)
    chosen = paths.lasts.copy()
    for some in paths.blocks():
        # A direct step counts as the last one before it that is not; -1 where there is none.
        begins = np.cumsum(some.lengths) - some.lengths
        places = np.where(is_direct[some.steps], -1, np.arange(len(some.steps)))
        named = np.maximum.reduceat(places, begins)
        found = named >= 0
        chosen[some.paths][found] = some.steps[named[found]]
    return _to_one(paths, chosen)


def linear(paths: Paths) -> Floats:
    """Each step takes the same share; a channel as many as it has steps."""
    lengths, every, _, _ = paths.by_length
    return np.asarray((every / lengths[:, None]).sum(axis=1))


def position_based(paths: Paths, first: float, last: float) -> Floats:
    """The first and the last step take these shares, those between share the rest equally.

    In a path of two steps, where nothing lies between, each of them takes half of the rest.
    """
    lengths, every, firsts, lasts = paths.by_length
    rest = 1.0 - first - last
    two, long = lengths == 2, lengths > 2
    credit = every[:, lengths == 1].sum(axis=1)
    credit += (first + rest / 2) * firsts[:, two].sum(axis=1)
    credit += (last + rest / 2) * lasts[:, two].sum(axis=1)
    credit += first * firsts[:, long].sum(axis=1) + last * lasts[:, long].sum(axis=1)
    between = every[:, long] - firsts[:, long] - lasts[:, long]
    return np.asarray(credit + (rest * between / (lengths[long] - 2)[:, None]).sum(axis=1))


def time_decay(paths: Paths, half_life: float) -> Floats:
    """A step takes half the share of the step that comes `half_life` steps after it."""
    longest = int(paths.lengths.max(initial=1))
    worth = np.exp2(-np.arange(longest) / half_life)
    units = paths.amounts / np.cumsum(worth)[paths.lengths - 1]
    credit = np.zeros((len(units), len(paths.channels)))
    for some in paths.blocks():
        after = np.repeat(np.cumsum(some.lengths), some.lengths) - np.arange(1, len(some.steps) + 1)
        worths = worth[after]
        for kind, unit in enumerate(units):
            shares = np.repeat(unit[some.paths], some.lengths) * worths
            credit[kind] += sums(some.steps, shares, credit.shape[1])
    return credit


def _to_one(paths: Paths, steps: Steps) -> Floats:
    return np.stack([sums(steps, amount, len(paths.channels)) for amount in paths.amounts])

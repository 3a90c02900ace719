"""The Shapley value: channels as players, conversions as what they gain together.

Belongs here: the games, and their exact solutions. Doesn't belong here: how a game's solution
becomes credit (see `credit`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import comb

import numpy as np
import pandas as pd

from orchestration.attribution.errors import AttributionError
from orchestration.attribution.heuristics import linear
from orchestration.attribution.paths import Floats, Integers, Paths, sums

MAX_PLAYERS = 20
PAIRS_AT_ONCE = 1 << 24

Coalition = frozenset[str] | tuple[str, ...] | str


def shapley_values(
    characteristic: Mapping[Coalition, float], *, missing: float | None = None
) -> dict[str, float]:
    """The Shapley value of each player of a game, for worked examples.

    characteristic: what each coalition gains; a coalition is a set or tuple of players, or the
    one player. The empty coalition gains 0 unless it is given; any other that is missing gains
    `missing`, or is refused. The values sum to what all gain, less what the empty one gains.

    Raises:
        AttributionError: a coalition is missing or stands twice, or there are too many players.
    """
    worth: dict[frozenset[str], float] = {}
    for coalition, gain in characteristic.items():
        members = frozenset([coalition]) if isinstance(coalition, str) else frozenset(coalition)
        if members in worth:
            raise AttributionError(f"The coalition {_named(members)} stands twice; keep one.")
        worth[members] = float(gain)
    players = sorted(frozenset[str]().union(*worth))
    if len(players) > MAX_PLAYERS:
        raise AttributionError(
            f"{len(players)} players make too many coalitions; {MAX_PLAYERS} is the most."
        )
    worth.setdefault(frozenset(), 0.0)
    if missing is None and len(worth) < 1 << len(players):
        absent = next(s for s in _coalitions(players) if s not in worth)
        raise AttributionError(
            f"The coalition {_named(absent)} is missing; give what it gains, or `missing`."
        )
    gains = [worth.get(coalition, missing) for coalition in _coalitions(players)]
    return dict(zip(players, _solve(np.array(gains, dtype=float)).tolist(), strict=True))


def _coalitions(players: list[str]) -> Iterable[frozenset[str]]:
    for mask in range(1 << len(players)):
        yield frozenset(p for place, p in enumerate(players) if mask >> place & 1)


def _named(members: Iterable[str]) -> str:
    return "{" + ", ".join(sorted(members)) + "}"


def _solve(worth: Floats) -> Floats:
    """Shapley values of a game given by the worth of each coalition, a bit for each player."""
    count = len(worth).bit_length() - 1
    sizes = np.bitwise_count(np.arange(len(worth), dtype=np.uint32))
    weights = np.array([1.0 / (count * comb(count - 1, size)) for size in range(count)])
    values = np.zeros(count)
    for player in range(count):
        pairs = worth.reshape(-1, 2, 1 << player)
        without = sizes.reshape(-1, 2, 1 << player)[:, 0]
        values[player] = (weights[without] * (pairs[:, 1] - pairs[:, 0])).sum()
    return values


def of_conversions(paths: Paths) -> Floats:
    """Credit when a coalition gains what the paths bring that need no other channel.

    In closed form: what each path brings is shared equally among its distinct channels. Shape
    (1 or 2, channels): of conversions, and of value where there is one; also in what follows.
    """
    count = len(paths.channels)
    if count > MAX_PLAYERS:
        return linear(paths.converting.distinct)
    sizes = np.maximum(np.bitwise_count(np.arange(1 << count)), 1)
    credit = np.zeros((len(paths.amounts), count))
    for kind, amount in enumerate(paths.amounts):
        shares = sums(paths.channel_sets, amount, 1 << count) / sizes
        for channel in range(count):
            credit[kind, channel] = shares.reshape(-1, 2, 1 << channel)[:, 1].sum()
    return credit


def of_rates(paths: Paths, max_players: int) -> tuple[Floats, tuple[str, ...]]:
    """Credit when a coalition gains the mean over the journeys that need no other channel.

    All coalitions are worked out. Above `max_players` channels those on most journeys play for
    themselves, and the others, which are returned too, as one; they share its credit as in
    `of_conversions` (equally where that is 0). Credit is the Shapley value times the number of
    journeys, which sums to all that the paths bring; it can be negative.
    """
    credit = np.zeros((len(paths.amounts), len(paths.channels)))
    if paths.weights.sum() == 0:
        return credit, ()
    player, together = _players(paths, max_players)
    coalitions = 1 << int(player.max()) + 1
    masks = paths.sets(player) if len(together) else paths.channel_sets
    taken = _of_subsets(sums(masks, paths.weights, coalitions))
    for kind, amount in enumerate(paths.amounts):
        gains = _of_subsets(sums(masks, amount, coalitions))
        rates = np.divide(gains, taken, out=np.zeros_like(gains), where=taken > 0)
        credit[kind] = (_solve(rates) * taken[-1])[player]
    if not len(together):
        return credit, ()
    shares = of_conversions(paths)[:, together]
    whole = shares.sum(axis=1, keepdims=True)
    equal = np.full_like(shares, 1 / len(together))
    credit[:, together] *= np.divide(shares, whole, out=equal, where=whole != 0)
    return credit, tuple(paths.channels[place] for place in together)


def _players(paths: Paths, max_players: int) -> tuple[Integers, Integers]:
    """The player that each channel is, and the channels that are one player together."""
    count = len(paths.channels)
    if count <= max_players:
        return np.arange(count), np.zeros(0, dtype=np.int64)
    once = paths.distinct
    journeys = sums(once.steps, np.repeat(once.weights, once.lengths), count)
    ranks = np.argsort(-journeys, kind="stable")
    player = np.full(count, max_players - 1)
    player[ranks[: max_players - 1]] = np.arange(max_players - 1)
    return player, np.sort(ranks[max_players - 1 :])


def _of_subsets(held: Floats) -> Floats:
    """For each set, the sum over all its subsets."""
    found = held.copy()
    for place in range(len(held).bit_length() - 1):
        pairs = found.reshape(-1, 2, 1 << place)
        pairs[:, 1] += pairs[:, 0]
    return found


def of_set_rates(paths: Paths) -> Floats:
    """Credit by a game within each set of channels that converts.

    A coalition gains the conversion rate of the journeys with exactly its channels, 0 where
    there are none. The solution for a set is scaled to the set's conversions, and to its value.
    It can be negative. Value without a conversion is shared equally.
    """
    sets, journeys, amounts = _sets(paths)
    converts = amounts[0] > 0
    alone = np.where(converts, 0.0, amounts) / np.maximum(sets.sum(axis=1), 1)
    credit = np.asarray(alone @ sets)
    sets, amounts = sets[converts], amounts[:, converts]
    rates = amounts[0] / journeys[converts]
    width = max(1, PAIRS_AT_ONCE // max(1, len(sets)))
    for begin in range(0, len(sets), width):
        some = slice(begin, begin + width)
        credit += amounts[:, some] @ (_within(sets, rates, sets[some]) / rates[some, None])
    return credit


def _sets(paths: Paths) -> tuple[Floats, Floats, Floats]:
    """Each set of channels (a row of 0 and 1), its journeys, and what they brought."""
    once = paths.distinct
    names = pd.Series(np.split(once.steps, once.ends[1:-1])).map(lambda held: held.tobytes())
    codes, found = pd.factorize(names[: len(once.lengths)], sort=True)
    sets = np.zeros((len(found), len(paths.channels)))
    for row, held in enumerate(found):
        sets[row, np.frombuffer(held, dtype=once.steps.dtype)] = 1.0
    amounts = [sums(codes, amount, len(found)) for amount in paths.amounts]
    return sets, sums(codes, paths.weights, len(found)), np.stack(amounts)


def _within(sets: Floats, rates: Floats, games: Floats) -> Floats:
    """Shapley values of each game's channels, when each of `sets` within it gains its rate."""
    size, players = sets.sum(axis=1), games.sum(axis=1)
    is_within = (sets @ games.T == size[:, None]).T
    some, held = np.nonzero(is_within)
    s, t = size[held].astype(np.int64), players[some].astype(np.int64)
    top = int(t.max(initial=1))
    # Its rate counts for a member with (s-1)! (t-s)! / t!, against others with s! (t-s-1)! / t!.
    member = np.zeros((top + 1, top + 1))
    other = np.zeros((top + 1, top + 1))
    for whole in range(1, top + 1):
        for part in range(1, whole + 1):
            member[part, whole] = 1 / (part * comb(whole, part))
        for part in range(1, whole):
            other[part, whole] = 1 / ((whole - part) * comb(whole, part))
    for_member = np.zeros(is_within.shape)
    for_other = np.zeros(is_within.shape)
    for_member[some, held] = rates[held] * member[s, t]
    for_other[some, held] = rates[held] * other[s, t]
    inside = (for_member + for_other) @ sets
    return np.asarray((inside - for_other.sum(axis=1)[:, None]) * games)

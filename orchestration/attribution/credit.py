"""What each channel is owed for the conversions of a table of paths, by each model.

Belongs here: which models there are, their options, and the tables that callers read.
Doesn't belong here: how a model works (`heuristics`, `markov`, `shapley`), reading (`paths`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from orchestration.attribution import heuristics, markov, shapley
from orchestration.attribution.errors import AttributionError
from orchestration.attribution.paths import Floats, Paths
from orchestration.attribution.reading import read_paths

MODELS = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "position_based",
    "time_decay",
    "markov",
    "shapley",
    "shapley_rate",
)
OTHER_MODELS = ("shapley_set_rate",)
NEED_NULLS = ("markov", "shapley_rate", "shapley_set_rate")
LEARNING_MODELS = ("markov", "shapley", "shapley_rate")
DIRECT = ("direct", "(direct)", "(direct) / (none)")
UNATTRIBUTED = "(unattributed)"

Effects = tuple[Floats, Floats | None]


@dataclass(frozen=True)
class Options:
    """How the models work; `attribute` explains each."""

    position_weights: tuple[float, float] = (0.4, 0.4)
    half_life: float = 1.0
    markov_order: int = 1
    markov_value: Literal["own", "conversions"] = "own"
    direct_channel: str | Collection[str] = DIRECT
    max_players: int = shapley.MAX_PLAYERS
    separator: str = " > "

    def __post_init__(self) -> None:
        first, last = self.position_weights
        if not (first >= 0 and last >= 0 and first + last <= 1):
            raise AttributionError(
                f"Position weights {first} and {last}: give two shares from 0 to 1 that sum to at "
                "most 1; the steps between get the rest."
            )
        if not self.half_life > 0:
            raise AttributionError(f"A half-life of {self.half_life} steps; give one above 0.")
        if self.markov_order < 1:
            raise AttributionError(f"A Markov order of {self.markov_order}; give 1, 2 or 3.")
        if self.markov_value not in ("own", "conversions"):
            raise AttributionError(f"markov_value {self.markov_value}: say own or conversions.")
        if not 2 <= self.max_players <= shapley.MAX_PLAYERS:
            raise AttributionError(
                f"max_players {self.max_players}: give 2 to {shapley.MAX_PLAYERS}; the time "
                "doubles with each."
            )


@dataclass(frozen=True)
class Attribution:
    """Credit of each channel by each model, and what the models learned.

    credit: attribution_model, channel, is_attributed, conversions, value (null without values).
        The conversions of a model sum to those of the paths. What no channel can be owed, such as
        conversions of paths without a step, stands in the row `UNATTRIBUTED`.
    notes: what was left out, counted as 0 or played as one, in words.
    """

    paths: Paths
    options: Options
    credit: pa.Table
    notes: tuple[str, ...]
    owed: dict[str, Floats] = field(repr=False)
    removal: Effects | None = None
    chain: markov.Chain | None = field(default=None, repr=False)

    @cached_property
    def removal_effects(self) -> pa.Table:
        """channel, removal_effect (of conversions), value_removal_effect; empty without markov."""
        effects, of_value = self.removal or (np.zeros(0), None)
        nothing = pa.nulls(len(effects), pa.float64())
        return pa.table(
            {
                "channel": pa.array(self.paths.channels if len(effects) else (), pa.string()),
                "removal_effect": pa.array(effects, pa.float64()),
                "value_removal_effect": nothing if of_value is None else pa.array(of_value),
            }
        )

    @cached_property
    def transitions(self) -> pa.Table:
        """from_kind, from_state, to_kind, to_state, transitions, probability; empty without markov.

        A kind is start, channel, conversion or null, so that a channel may have any name.
        """
        if self.chain is None:
            raise AttributionError("There are no transitions: ask for the model markov.")
        names = markov.state_names(self.chain, self.paths.channels, self.options.separator)
        return pa.table(markov.transitions(self.chain, names))

    @cached_property
    def channel_weights(self) -> pa.Table:
        """attribution_model, channel, weight: how the channels of one path share its conversion.

        Of the models that learn: markov the removal effect, shapley 1, shapley_rate its credit
        where that is positive. Never negative; where all of a model are 0, all are 1. A path
        whose channels all weigh 0 is shared equally.
        """
        weights = {
            model: self._weights(model, credit[0])
            for model, credit in self.owed.items()
            if model in LEARNING_MODELS
        }
        count = len(self.paths.channels)
        models = [model for model in weights for _ in range(count)]
        found = np.concatenate([*weights.values(), np.zeros(0)])
        return pa.table(
            {
                "attribution_model": pa.array(models, pa.string()),
                "channel": pa.array(self.paths.channels * len(weights), pa.string()),
                "weight": pa.array(found, pa.float64()),
            }
        )

    def _weights(self, model: str, owed: Floats) -> Floats:
        if model == "shapley":
            return np.ones(len(owed))
        found = self.removal[0] if model == "markov" and self.removal else np.maximum(owed, 0.0)
        return found if found.any() else np.ones(len(owed))


def attribute(
    paths: Any,
    models: str | Iterable[str] = MODELS,
    *,
    path: str | None = None,
    conversions: str | None = None,
    value: str | None = None,
    nulls: str | None = None,
    separator: str = " > ",
    collapse: bool = False,
    each_row_is_a_journey: bool = False,
    position_weights: tuple[float, float] = (0.4, 0.4),
    half_life: float = 1.0,
    markov_order: int = 1,
    markov_value: Literal["own", "conversions"] = "own",
    direct_channel: str | Collection[str] = DIRECT,
    max_players: int = shapley.MAX_PLAYERS,
) -> Attribution:
    """Share the conversions, and their value, of aggregated paths among their channels.

    paths: a DuckDB relation, a data frame, an Arrow table, rows, or a CSV or Parquet file, one
        row per path: its channels as a text with `separator` between them or as a list, how
        often it converted, what that was worth in all, how often it did not (nulls).
    path, conversions, value, nulls: the columns' names, where they are not the usual ones.
    collapse: make one step of a channel that follows itself.
    each_row_is_a_journey: conversions are 0 or 1, and a row with 0 did not convert.
    position_weights: shares of the first and the last step.
    half_life: of time decay, in steps.
    markov_order: how many channels a state of the chain remembers.
    markov_value: value by removal effects of its own, or by those of conversions.
    direct_channel: names of channels that name no source, in any case of letters.
    max_players: above so many channels shapley_rate makes one player of the least used.

    Raises:
        AttributionError: paths or options do not serve; the message says what to do.
    """
    options = Options(
        position_weights=position_weights,
        half_life=half_life,
        markov_order=markov_order,
        markov_value=markov_value,
        direct_channel=direct_channel,
        max_players=max_players,
        separator=separator,
    )
    chosen = _models(models)
    read = read_paths(
        paths,
        path=path,
        conversions=conversions,
        value=value,
        nulls=nulls,
        separator=separator,
        collapse=collapse,
        each_row_is_a_journey=each_row_is_a_journey,
    )
    return attribute_paths(read, chosen, options)


def attribute_paths(
    paths: Paths, models: Iterable[str] = MODELS, options: Options | None = None
) -> Attribution:
    """As `attribute`, for paths that have been read."""
    options = options or Options()
    notes = list(paths.notes)
    chain, removal = None, None
    owed: dict[str, Floats] = {}
    for model in _models(models):
        if model == "markov":
            chain = markov.chain(paths, options.markov_order)
            removal = markov.removal_effects(chain, len(paths.channels))
            owed[model] = _of_removal(paths, removal, options)
        elif model == "shapley":
            owed[model] = shapley.of_conversions(paths)
        elif model == "shapley_rate":
            owed[model] = _of_rates(paths, options, notes)
        elif model == "shapley_set_rate":
            owed[model] = shapley.of_set_rates(paths)
        else:
            owed[model] = _by_rule(paths.converting, model, options)
    if not paths.has_nulls and set(owed) & set(NEED_NULLS):
        notes.append(_without_nulls(paths))
    if paths.empty_paths:
        notes.append(
            f"{paths.empty_paths:,} paths without a channel, with {paths.empty_conversions:,g} "
            f"conversions and {paths.empty_nulls:,g} nulls, are unattributed."
        )
    table = _credit_table(paths, owed)
    return Attribution(paths, options, table, tuple(notes), owed, removal, chain)


def _models(models: str | Iterable[str]) -> tuple[str, ...]:
    chosen = (models,) if isinstance(models, str) else tuple(models)
    for model in chosen:
        if model not in MODELS + OTHER_MODELS:
            raise AttributionError(
                f"There is no model {model}; the models are {', '.join(MODELS + OTHER_MODELS)}."
            )
    return tuple(dict.fromkeys(chosen))


def _without_nulls(paths: Paths) -> str:
    """What follows from there being no nulls, and what may be meant."""
    text = (
        "No paths without conversion are given: markov and the Shapley values of rates see every "
        "journey convert."
    )
    if len(paths.conversions) and set(np.unique(paths.conversions)) == {0.0, 1.0}:
        text += " If each row is a journey, say so (each_row_is_a_journey)."
    return text


def _by_rule(paths: Paths, model: str, options: Options) -> Floats:
    direct = options.direct_channel
    match model:
        case "first_touch":
            return heuristics.first_touch(paths)
        case "last_touch":
            return heuristics.last_touch(paths)
        case "last_non_direct":
            names = (direct,) if isinstance(direct, str) else direct
            return heuristics.last_non_direct(paths, names)
        case "linear":
            return heuristics.linear(paths)
        case "position_based":
            return heuristics.position_based(paths, *options.position_weights)
        case _:
            return heuristics.time_decay(paths, options.half_life)


def _of_removal(paths: Paths, removal: Effects, options: Options) -> Floats:
    """Conversions, and value, in proportion to the removal effects."""
    effects, of_value = removal
    if of_value is None:
        return _in_proportion(effects, paths.conversions.sum())[None, :]
    if options.markov_value == "conversions" or of_value.sum() == 0:
        of_value = effects
    totals = paths.amounts.sum(axis=1)
    return np.stack([_in_proportion(effects, totals[0]), _in_proportion(of_value, totals[1])])


def _in_proportion(effects: Floats, total: float) -> Floats:
    whole = effects.sum()
    return effects * (total / whole) if whole else np.zeros(len(effects))


def _of_rates(paths: Paths, options: Options, notes: list[str]) -> Floats:
    credit, together = shapley.of_rates(paths, options.max_players)
    if together:
        notes.append(
            f"shapley_rate: {len(together):,} channels with the fewest journeys play as one, "
            f"since {len(paths.channels):,} are more than {options.max_players}."
        )
    return credit


def _credit_table(paths: Paths, owed: dict[str, Floats]) -> pa.Table:
    """One row per model and channel, and one for what the model owes to none."""
    rows: dict[str, list[Any]] = {name: [] for name in _CREDIT.names}
    scales = (1.0, paths.value_scale)
    empty = (paths.empty_conversions, paths.empty_value)
    count = len(paths.channels)
    for model, credit in owed.items():
        # A total is owed to none, too, where a model finds no channel that leads to it.
        left = [
            nothing + (0.0 if sum_.any() else float(amount.sum()))
            for amount, sum_, nothing in zip(paths.amounts, credit, empty, strict=False)
        ]
        shows = paths.empty_paths > 0 or any(left)
        rows["attribution_model"] += [model] * (count + shows)
        rows["channel"] += [*paths.channels, *[UNATTRIBUTED] * shows]
        rows["is_attributed"] += [*[True] * count, *[False] * shows]
        held = [
            [amount / scale for amount in [*sum_.tolist(), *[none] * shows]]
            for sum_, none, scale in zip(credit, left, scales, strict=False)
        ]
        rows["conversions"] += held[0]
        rows["value"] += held[1] if len(held) > 1 else [None] * (count + shows)
    return pa.table(rows, schema=_CREDIT)


_CREDIT = pa.schema(
    [
        ("attribution_model", pa.string()),
        ("channel", pa.string()),
        ("is_attributed", pa.bool_()),
        ("conversions", pa.float64()),
        ("value", pa.float64()),
    ]
)

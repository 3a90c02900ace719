"""Aggregated paths as arrays: each step a channel's number.

Belongs here: what a set of paths is, splitting texts into steps, and sums over steps.
Doesn't belong here: where paths come from (see `reading`), what a step is worth (see
`heuristics`, `markov` and `shapley`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Booleans: TypeAlias = npt.NDArray[np.bool_]
Steps: TypeAlias = npt.NDArray[np.int32]

PATHS_AT_ONCE = 1 << 15
STEPS_AT_ONCE = 1 << 16
"""Steps that are worked on together: as many as stay in a processor's cache."""


@dataclass(frozen=True)
class Paths:
    """Paths of at least one step, and what those without a step converted.

    channels: names, sorted. steps: channel of each step, path after path; path i has
    `steps[ends[i]:ends[i + 1]]`. conversions, nulls, value: one number per path; `value` is None
    where the table has none. Values are held in units of 1 / `value_scale`, whole numbers where
    the table's are decimals, so that their sums don't depend on the order of rows.
    """

    channels: tuple[str, ...]
    steps: Steps
    ends: Integers
    conversions: Floats
    nulls: Floats
    value: Floats | None
    value_scale: float = 1.0
    has_nulls: bool = True
    empty_paths: int = 0
    empty_conversions: float = 0.0
    empty_nulls: float = 0.0
    empty_value: float = 0.0
    notes: tuple[str, ...] = ()

    @cached_property
    def lengths(self) -> Integers:
        """Steps of each path."""
        return np.diff(self.ends)

    @cached_property
    def firsts(self) -> Steps:
        """Channel of each path's first step."""
        return self.steps[self.ends[:-1]]

    @cached_property
    def lasts(self) -> Steps:
        """Channel of each path's last step."""
        return self.steps[self.ends[1:] - 1]

    @cached_property
    def weights(self) -> Floats:
        """How often each path was taken: conversions and nulls."""
        return self.conversions + self.nulls

    @cached_property
    def amounts(self) -> Floats:
        """What each path brought: conversions, and value where there is one."""
        kinds = [self.conversions] if self.value is None else [self.conversions, self.value]
        return np.stack(kinds)

    @cached_property
    def by_length(self) -> tuple[Integers, Floats, Floats, Floats]:
        """The lengths of paths, and amounts by length and channel of every, first and last steps.

        The amounts have the shape (kinds of amount, lengths, channels). Whole numbers are summed
        exactly, whatever the order of the paths.
        """
        lengths, rows = np.unique(self.lengths, return_inverse=True)
        count, kinds = len(self.channels), len(self.amounts)
        every, firsts, lasts = np.zeros((3, kinds, len(lengths) * count))
        for some in self.blocks():
            cells = np.repeat(rows[some.paths] * count, some.lengths) + some.steps
            for kind, amount in enumerate(self.amounts):
                whole = np.repeat(amount[some.paths], some.lengths)
                every[kind] += sums(cells, whole, every.shape[1])
        for kind, amount in enumerate(self.amounts):
            firsts[kind] = sums(rows * count + self.firsts, amount, every.shape[1])
            lasts[kind] = sums(rows * count + self.lasts, amount, every.shape[1])
        shape = (kinds, len(lengths), count)
        return lengths, every.reshape(shape), firsts.reshape(shape), lasts.reshape(shape)

    @cached_property
    def converting(self) -> Paths:
        """The paths that have conversions or value, which alone share credit."""
        keep = self.conversions != 0
        if self.value is not None:
            keep |= self.value != 0
        return self if keep.all() else self.chosen(keep)

    @cached_property
    def distinct(self) -> Paths:
        """The same paths with each channel once, in the order of their names."""
        count = len(self.channels)
        parts, lengths = [np.zeros(0, dtype=np.int32)], [np.zeros(0, dtype=np.int64)]
        for some in self.blocks():
            number = np.repeat(np.arange(len(some.lengths)), some.lengths)
            cells = np.sort(number * count + some.steps)
            cells = cells[np.concatenate(([True], cells[1:] != cells[:-1]))]
            parts.append((cells % count).astype(np.int32))
            lengths.append(np.bincount(cells // count))
        ends = ends_of(np.concatenate(lengths))
        return replace(self, steps=np.concatenate(parts), ends=ends)

    @cached_property
    def channel_sets(self) -> Steps:
        """The set of each path's channels, a bit for each; of at most 31 channels."""
        return self.sets(np.arange(len(self.channels)))

    def sets(self, player: Integers) -> Steps:
        """The set of each path's players, a bit for each, where `player` says who a channel is."""
        bits = (1 << player).astype(np.int32)
        found = np.zeros(len(self.lengths), dtype=np.int32)
        for some in self.blocks():
            begins = np.cumsum(some.lengths) - some.lengths
            found[some.paths] = np.bitwise_or.reduceat(bits[some.steps], begins)
        return found

    def chosen(self, keep: Booleans) -> Paths:
        """The paths for which `keep` is true."""
        return replace(
            self,
            steps=self.steps[np.repeat(keep, self.lengths)],
            ends=ends_of(self.lengths[keep]),
            conversions=self.conversions[keep],
            nulls=self.nulls[keep],
            value=None if self.value is None else self.value[keep],
        )

    def with_steps(self, steps: Steps, keep: Booleans) -> Paths:
        """The same paths with other steps of the same number, of which some are left out."""
        return replace(self, steps=steps[keep], ends=ends_of(keep)[self.ends])

    def blocks(self) -> Iterator[Block]:
        """The paths in order, some at a time."""
        marks = np.searchsorted(self.ends, np.arange(0, len(self.steps), STEPS_AT_ONCE))
        marks = np.unique(np.append(marks, len(self.lengths)))
        for begin, end in zip(marks[:-1].tolist(), marks[1:].tolist(), strict=True):
            steps = self.steps[self.ends[begin] : self.ends[end]]
            yield Block(slice(begin, end), steps, self.lengths[begin:end])


@dataclass(frozen=True)
class Block:
    """Neighbouring paths: which ones, their steps, and the length of each."""

    paths: slice
    steps: Steps
    lengths: Integers


def split(column: pa.ChunkedArray, separator: str) -> tuple[tuple[str, ...], Steps, Integers]:
    """Channel names, the channel of each step (-1 where blank), and the steps of each path.

    column: texts with the separator between channels, or lists of channels; null is a path
    without a step. Blanks around channels, and around the separator, don't count.
    """
    parts = [
        chunk.slice(start, PATHS_AT_ONCE)
        for chunk in column.chunks
        for start in range(0, len(chunk), PATHS_AT_ONCE)
    ]
    if not parts:
        return (), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64)
    with ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1))) as pool:
        found = list(pool.map(lambda part: _split(part, separator), parts))
    names = sorted({name.strip() for spellings, _, _ in found for name in spellings} - {""})
    number = {name: place for place, name in enumerate(names)}
    steps = np.empty(sum(len(codes) for _, codes, _ in found), dtype=np.int32)
    begin = 0
    for spellings, codes, _ in found:
        numbers = [number.get(name.strip(), -1) for name in spellings]
        target = steps[begin : begin + len(codes)]
        # "clip" takes without a copy; no code is out of range.
        np.take(np.array([*numbers, -1], dtype=np.int32), codes, out=target, mode="clip")
        begin += len(codes)
    return tuple(names), steps, np.concatenate([lengths for _, _, lengths in found])


def _split(part: pa.Array, separator: str) -> tuple[list[str], Steps, Integers]:
    """Spellings of channels in some paths, which one each step has, and steps of each path.

    Only the few spellings are stripped of blanks, not the many steps. Where the separator is
    always written as given, its blanks don't even get there.
    """
    if not (pa.types.is_string(part.type) or pa.types.is_large_string(part.type)):
        return _encoded(part)
    texts, mark = part.fill_null(""), separator.strip() or separator
    first = " ".join(texts[:100].to_pylist())
    if mark != separator and first.count(mark) == first.count(separator):
        found = _encoded(pc.split_pattern(texts, separator))  # type: ignore[attr-defined]
        if not any(mark in spelling for spelling in found[0]):
            return found
    return _encoded(pc.split_pattern(texts, mark))  # type: ignore[attr-defined]


def _encoded(lists: pa.Array) -> tuple[list[str], Steps, Integers]:
    lengths = pc.list_value_length(lists)  # type: ignore[attr-defined]
    held = lists.flatten()
    if not (pa.types.is_string(held.type) or pa.types.is_large_string(held.type)):
        held = held.cast(pa.string())
    held = held.fill_null("").dictionary_encode()
    return (
        held.dictionary.to_pylist(),
        held.indices.to_numpy(),
        lengths.fill_null(0).to_numpy().astype(np.int64),
    )


def ends_of(lengths: Integers | Booleans) -> Integers:
    """Where each path ends when paths of these lengths follow each other; 0 before them."""
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))


def sums(places: npt.NDArray[Any], amounts: Floats, count: int) -> Floats:
    """The sum of the amounts at each of `count` places."""
    return np.bincount(places, weights=amounts, minlength=count).astype(np.float64, copy=False)

"""Rules of a funnel: its stages, what ends it, what statuses mean; and the errors of this package.

Belongs here: what a caller may decide. Doesn't belong here: what follows from it (see
dbt_project/macros/lead_funnel.sql).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

STAGES = ("captured", "engaged", "mql", "sal", "sql", "opportunity", "won")
OPTIONAL = ("engaged",)
LOST = ("lost", "rejected")
ASIDE = ("recycled",)
UNMAPPED = "unmapped"
Period = Literal["day", "week", "month", "quarter", "year"]


class FunnelError(ValueError):
    """Events or rules that cannot be used; the message names file, row and rule."""


def key_of(status: str) -> str:
    """A status as it is compared: without blanks around it, in small letters."""
    return status.strip().lower()


@dataclass(frozen=True)
class FunnelRules:
    """What the stages of a funnel are and how it is told.

    stages: from the first to the one that is won, in order. won: stages that are won; default the
    last. lost: stages that end a lead without winning it. aside: stages out of the funnel in which
    a lead has not ended, such as recycled. optional: stages whose absence is no skip. mapping:
    status -> stage, where a status is not a stage's own name; None leaves its events out.
    unmapped: what happens to other statuses: 'error', 'list' (stage 'unmapped', listed) or
    'ignore' (left out, listed). Names are compared without regard to case and blanks around them.
    keep_repeats: a stage said again is an entry again (default: it is none).
    cohort: column of the leads that tells cohorts; default the period of the first entry.
    period, time_zone: of cohorts and periods. age_bands: days at which bands of age end.
    min_ended: leads that must have ended for the odds of a stage to count in the forecast.
    odds: 'stage' (share of those that ended) or 'age' (given how long they have been in it, open
    ones counted) in the forecast. within_days: also tell odds of winning within so many days.
    """

    stages: tuple[str, ...] = STAGES
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = LOST
    aside: tuple[str, ...] = ASIDE
    optional: tuple[str, ...] = OPTIONAL
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    unmapped: Literal["error", "list", "ignore"] = "error"
    keep_repeats: bool = False
    cohort: str | None = None
    period: Period = "month"
    time_zone: str = "UTC"
    age_bands: tuple[int, ...] = (7, 30, 90, 180)
    min_ended: int = 1
    odds: Literal["stage", "age"] = "stage"
    within_days: float | None = None

    def __post_init__(self) -> None:
        """Take the defaults that the stages leave room for; refuse rules that cannot hold."""
        if len(self.stages) < 2:
            raise FunnelError("stages names fewer than two; give them in order, the won one last.")
        stages = {key_of(stage) for stage in self.stages}
        defaults = {"lost": LOST, "aside": ASIDE, "optional": OPTIONAL}
        for name, default in defaults.items():
            if getattr(self, name) == default:
                kept = [s for s in default if (key_of(s) in stages) == (name == "optional")]
                object.__setattr__(self, name, tuple(kept))
        object.__setattr__(self, "won", self.won or self.stages[-1:])
        self._check_names(stages)
        self._check_values()

    def _check_names(self, stages: set[str]) -> None:
        names = [key_of(name) for name in (*self.stages, *self.lost, *self.aside)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise FunnelError(
                f"{', '.join(twice)}: name each stage once in stages, lost and aside."
            )
        for rule in ("won", "optional"):
            unknown = [name for name in getattr(self, rule) if key_of(name) not in stages]
            if unknown:
                raise FunnelError(f"{rule} names {unknown}, which are not among the stages.")
        if len(self.won) == len(self.stages):
            raise FunnelError("All stages are won; leave at least one under way.")
        for status, stage in self.mapping.items():
            if stage is not None and key_of(stage) not in names:
                raise FunnelError(
                    f"mapping gives {status!r} the stage {stage!r}, which is none of "
                    f"{', '.join((*self.stages, *self.lost, *self.aside))}."
                )

    def _check_values(self) -> None:
        if (
            list(self.age_bands) != sorted(set(self.age_bands))
            or min(self.age_bands, default=0) < 1
        ):
            raise FunnelError(f"age_bands are {self.age_bands}; give days, ascending, above 0.")
        if self.min_ended < 1:
            raise FunnelError(f"min_ended is {self.min_ended}; give 1 or more.")
        if self.within_days is not None and not (
            self.within_days >= 0 and math.isfinite(self.within_days)
        ):
            raise FunnelError(f"within_days is {self.within_days}; give days, 0 or more.")
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError) as error:
            raise FunnelError(f"time_zone {self.time_zone!r} is not known, such as UTC.") from error

    @property
    def ranks(self) -> dict[str, int]:
        """Place of each stage: the funnel's from 1, then lost and aside, then unmapped."""
        names = (*self.stages, *self.lost, *self.aside, UNMAPPED)
        return {name: place for place, name in enumerate(names, start=1)}

    @property
    def outcomes(self) -> dict[str, str]:
        """What each stage means for the outcome: open, won or lost."""
        won = {key_of(name) for name in self.won}
        lost = {key_of(name) for name in self.lost}
        return {
            name: "won" if key_of(name) in won else "lost" if key_of(name) in lost else "open"
            for name in self.ranks
        }

    @property
    def statuses(self) -> dict[str, str | None]:
        """Each known status as it is compared, with its stage; None leaves it out."""
        names = {key_of(name): name for name in (*self.stages, *self.lost, *self.aside)}
        return names | {
            key_of(status): None if stage is None else names[key_of(stage)]
            for status, stage in self.mapping.items()
        }

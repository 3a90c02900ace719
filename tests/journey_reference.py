"""Journeys one touch after another in plain Python: what the set-based rules must agree with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from orchestration.journeys import JourneyRules
from orchestration.journeys.rules import STAGES

Touch = dict[str, Any]


@dataclass
class Journey:
    """A journey of a person: contacts, the conversion if any, and service afterwards."""

    person: Any
    number: int
    contacts: list[Touch] = field(default_factory=list)
    conversion: Touch | None = None
    after_sale: list[Touch] = field(default_factory=list)

    @property
    def steps(self) -> list[Touch]:
        """The journey's touches, service after the sale last."""
        sale = [self.conversion] if self.conversion else []
        return [*self.contacts, *sale, *self.after_sale]

    @property
    def last_at(self) -> datetime:
        """Its last touch, service after the sale apart."""
        return ([*self.contacts, self.conversion] if self.conversion else self.contacts)[-1]["at"]


def rank(touch: Touch) -> int:
    """Rank of a touch's stage; 0 where it is not known."""
    return STAGES.index(touch["stage"]) + 1 if touch.get("stage") in STAGES else 0


def in_order(touches: Iterable[Touch]) -> list[Touch]:
    """A person's touches, in the order that the rules read them."""
    return sorted(
        touches, key=lambda t: (t["at"], t["ends"], t.get("id", 0), rank(t), t["channel"])
    )


def told_once(touches: list[Touch], rules: JourneyRules) -> list[Touch]:
    """Touches without clicks that the next visit tells."""
    opened = timedelta(minutes=rules.click_minutes)
    following: list[Touch | None] = [*touches[1:], None]
    return [
        touch
        for touch, after in zip(touches, following, strict=True)
        if not (
            touch.get("click")
            and not touch["ends"]
            and after
            and after.get("visit")
            and after.get("campaign") == touch.get("campaign")
            and after["at"] - touch["at"] <= opened
        )
    ]


def follows_sale(touch: Touch, sold: Journey, lapse: timedelta) -> bool:
    """Whether a touch is service or loyalty in the time after a conversion."""
    return bool(
        sold.conversion
        and rank(touch) >= 5
        and not touch["ends"]
        and touch["at"] - sold.conversion["at"] <= lapse
    )


def journeys_of(
    person: Any, touches: Iterable[Touch], rules: JourneyRules
) -> tuple[list[Journey], list[Touch]]:
    """Journeys of one person, and the touches outside any."""
    lapse = timedelta(days=rules.lapse_days)
    done: list[Journey] = []
    outside: list[Touch] = []
    now: Journey | None = None
    last: datetime | None = None
    for touch in told_once(in_order(touches), rules):
        sold = next((journey for journey in reversed(done) if journey.conversion), None)
        if sold and follows_sale(touch, sold, lapse):
            sold.after_sale.append(touch)
            continue
        if now and last and touch["at"] - last > lapse:
            now = None
        may_begin = touch["ends"] or rank(touch) == 0 or touch.get("stage") in rules.start_stages
        last = touch["at"]
        if not now and not may_begin:
            outside.append(touch)
            continue
        if not now:
            now = Journey(person, len(done) + 1)
            done.append(now)
        if touch["ends"]:
            now.conversion, now = touch, None
        else:
            now.contacts.append(touch)
    return done, outside


def all_journeys(touches: Iterable[Touch], rules: JourneyRules) -> Iterator[Journey]:
    """Journeys of all persons."""
    ordered = sorted(touches, key=lambda touch: touch["person"])
    for person, own in groupby(ordered, key=lambda touch: touch["person"]):
        yield from journeys_of(person, own, rules)[0]


def collapsed(values: list[Any]) -> list[Any]:
    """Values without repeats in a row."""
    return values[:1] + [after for before, after in pairwise(values) if before != after]

"""The part of company.yaml that says when each market works: zone, hours, holidays, other days.

Belongs here: what the keys of a calendar and of a market may say. Doesn't belong here: the open
hours that follow (see `calendars`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from orchestration.lib.company_rules import Country, Currency, Part, Zone
from orchestration.lib.feeds import check_zone

WEEK_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
INTERVAL = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(([01]\d|2[0-3]):([0-5]\d)|24:00)")
DAY_MINUTES = 24 * 60
YEARLY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")

WeekDay = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Hours = Annotated[
    tuple[str, ...],
    Field(
        description="Open intervals such as 09:00-14:00; one that ends before it begins (22:00-"
        "06:00) runs into the next day; the whole day is 00:00-24:00; none: closed"
    ),
]


@cache
def minutes_of(interval: str) -> tuple[int, int]:
    """First and last minute of an interval, from the midnight on which its day begins.

    The last one is past 1440 where the interval runs into the next day.
    """
    opens, closes = (int(clock[:2]) * 60 + int(clock[3:]) for clock in interval.split("-"))
    return opens, closes if closes > opens else closes + DAY_MINUTES


def _checked(name: str, intervals: Iterable[str]) -> Iterator[tuple[int, int]]:
    for interval in intervals:
        if not INTERVAL.fullmatch(interval):
            raise ValueError(f"{name}: {interval!r} is not an interval like 09:00-14:00")
        if interval[:5] == interval[6:]:
            raise ValueError(f"{name}: {interval!r} has no length; the whole day is 00:00-24:00")
        yield minutes_of(interval)


def _check_day(name: str, intervals: tuple[str, ...]) -> None:
    ordered = sorted(_checked(name, intervals))
    if any(a[1] > b[0] for a, b in pairwise(ordered)):
        raise ValueError(f"{name}: the intervals {list(intervals)} overlap")


def _checked_day(value: date | str) -> date | str:
    if isinstance(value, date) or YEARLY.fullmatch(value):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(
            f"{value!r} is neither a date (2025-12-24) nor a day of every year (12-24)"
        ) from None


Day = Annotated[date | str, AfterValidator(_checked_day)]


class SpecialDay(Part):
    """A day whose hours are others than those of its week; it overrules holidays."""

    date: Day = Field(
        description="A day (2025-12-24), or a day of every year (12-24); every year it holds on "
        "days of the week that work, so that no half day opens on a Sunday"
    )
    hours: Hours = ()
    name: str = Field(default="", description="What the day is, for readers")

    @field_validator("hours")
    @classmethod
    def _are_intervals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        _check_day("hours", value)
        return value


class Holidays(Part):
    """Days off: those of the `holidays` library, with the days that it observes instead."""

    country: str | None = Field(default=None, description="ISO 3166 alpha-2")
    subdivision: str | None = Field(default=None, description="Region, as the library names it")
    dates: tuple[Day, ...] = Field(
        default=(), description="Days off beside: 2025-12-24, or 12-24 every year"
    )
    half_days: Hours = Field(
        default=(),
        description="Hours of the library's half days, on days of the week that work; none: they "
        "are days like others",
    )

    @field_validator("half_days")
    @classmethod
    def _are_intervals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        _check_day("half_days", value)
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Holidays:
        if self.country is None and (self.subdivision or self.half_days or not self.dates):
            raise ValueError("name a country, or dates")
        return self


class Calendar(Part):
    """When somebody works."""

    time_zone: Zone
    working_hours: dict[WeekDay, Hours] = Field(
        default_factory=dict, description="Open intervals by day of the week"
    )
    holidays: Holidays | None = Field(
        default=None,
        description="Days off: a country, country-region such as ES-MD, or a list of dates",
    )
    days: tuple[SpecialDay, ...] = Field(
        default=(), description="Days with hours of their own, or closed"
    )

    @field_validator("holidays", mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            country, _, subdivision = value.partition("-")
            return {"country": country, "subdivision": subdivision or None}
        if isinstance(value, list | tuple):
            return {"dates": value} if value else None
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        return check_zone(value)

    @model_validator(mode="after")
    def _holds_together(self) -> Calendar:
        week = [
            (number * DAY_MINUTES + opens, number * DAY_MINUTES + closes, day)
            for number, day in enumerate(WEEK_DAYS)
            for opens, closes in _checked(day, self.working_hours.get(day, ()))  # type: ignore[call-overload]
        ]
        ordered = sorted(week)
        after = [(a + 7 * DAY_MINUTES, b, day) for a, b, day in ordered[:1]]
        for (_, closes, day), (opens, _, other) in pairwise([*ordered, *after]):
            if closes > opens:
                where = day if day == other else f"{day} and {other}"
                raise ValueError(f"{where}: the intervals of working_hours overlap")
        dates = [str(day.date) for day in self.days]
        twice = sorted({day for day in dates if dates.count(day) > 1})
        if twice:
            raise ValueError(f"days: {', '.join(twice)} stands there more than once")
        return self


class Market(Calendar):
    """A country in which the company sells, with its calendar and working hours."""

    code: Country
    name: str
    currency: Currency
    language: str
    dialling_code: str
    aliases: tuple[str, ...] = ()

    @field_validator("dialling_code", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value

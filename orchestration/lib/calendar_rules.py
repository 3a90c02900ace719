"""The part of company.yaml that says when each market works: zone, hours, holidays.

Belongs here: what the keys of a market may say. Doesn't belong here: the open hours that follow
(see `calendars`).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Literal

from pydantic import Field, field_validator

from orchestration.lib.company_rules import Country, Currency, Part, Zone
from orchestration.lib.feeds import check_zone

WEEK_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
INTERVAL = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(([01]\d|2[0-3]):([0-5]\d)|24:00)")

WeekDay = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Holidays(Part):
    """Calendar of the `holidays` library."""

    country: str
    subdivision: str | None = None


class Market(Part):
    """A country in which the company sells, with its calendar and working hours."""

    code: Country
    name: str
    time_zone: Zone
    currency: Currency
    language: str
    dialling_code: str
    holidays: Holidays | None = None
    working_hours: dict[WeekDay, tuple[str, ...]] = Field(default_factory=dict)
    aliases: tuple[str, ...] = ()

    @field_validator("holidays", mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            country, _, subdivision = value.partition("-")
            return {"country": country, "subdivision": subdivision or None}
        return value

    @field_validator("dialling_code", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        return check_zone(value)

    @field_validator("working_hours")
    @classmethod
    def _are_intervals(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for day, intervals in value.items():
            for interval in intervals:
                if not INTERVAL.fullmatch(interval) or interval[:5] >= interval[6:]:
                    raise ValueError(f"{day}: {interval!r} is not an interval like 09:00-14:00")
            ordered = sorted(intervals)
            if any(a[6:] > b[:5] for a, b in pairwise(ordered)):
                raise ValueError(f"{day}: the intervals {list(intervals)} overlap")
        return value

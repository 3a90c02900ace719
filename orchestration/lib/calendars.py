"""The calendar of each market: its holidays, and the hours in which it works, in UTC.

Belongs here: turning working hours into instants. Doesn't belong here: validating them (see
`calendar_rules`), counting time in them (see the macros of dbt_project/macros/business_clock.sql).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

from orchestration.lib.calendar_rules import (
    DAY_MINUTES,
    WEEK_DAYS,
    Calendar,
    Holidays,
    Market,
    SpecialDay,
    minutes_of,
)
from orchestration.lib.companies import Company, CompanyError
from orchestration.lib.zones import Zone, zone_between

YEARS_BEFORE = 15
YEARS_AFTER = 5
ALWAYS = "always"
ALWAYS_KNOWN = date(1990, 1, 1), date(2060, 1, 1)
LISTED = "Holiday of the company"

Interval = tuple[date, datetime, datetime]


class CalendarError(ValueError):
    """A calendar that names what nobody knows; the message says what."""


def days_known(company: Company) -> tuple[date, date]:
    """First and last day of a company's calendars; outside them business time is unknown."""
    first = company.calendar_start_date or date(company.start_date.year - YEARS_BEFORE, 1, 1)
    return first, date(company.last_date.year + YEARS_AFTER, 12, 31)


def company_holidays(company: Company, market: Market) -> dict[date, str]:
    """Days and names of a market's holidays on the days of the company's calendars."""
    try:
        return holidays_of(market, *days_known(company))
    except CalendarError as error:
        raise CompanyError(f"company.yaml: markets.{market.code}.{error}") from error


def all_hours() -> Iterator[tuple[Any, ...]]:
    """Rows of the calendar that never closes."""
    first, last = (datetime.combine(day, time()) for day in ALWAYS_KNOWN)
    for opens, closes in ((first, first), (first, last), (last, last)):
        yield (ALWAYS, opens.date(), opens, closes)


def business_hours(company: Company, market: Market) -> Iterator[tuple[Any, ...]]:
    """Rows of a market's open intervals; none if it has no working hours."""
    if not any(market.working_hours.values()):
        return
    try:
        for day, opens, closes in open_intervals(market, *days_known(company)):
            yield (market.code, day, opens, closes)
    except CalendarError as error:
        raise CompanyError(f"company.yaml: markets.{market.code}.{error}") from error


def holidays_of(
    calendar: Calendar, first: date, last: date, *, half_days: bool = False
) -> dict[date, str]:
    """Days and names of a calendar's holidays, or of its half days, between two days.

    Raises CalendarError if the holidays library does not know the country, region or half days.
    """
    given = calendar.holidays
    if given is None or (half_days and not given.half_days):
        return {}
    listed = {} if half_days else _listed(given, first, last)
    if given.country is None:
        return listed
    # takes 0.1 s, so only where it is needed
    from holidays import HALF_DAY, PUBLIC, country_holidays

    try:
        found = country_holidays(
            given.country,
            subdiv=given.subdivision,
            years=range(first.year, last.year + 1),
            categories=HALF_DAY if half_days else PUBLIC,
        )
    except NotImplementedError as error:
        raise CalendarError(
            f"holidays names no calendar of the holidays library: {error}"
        ) from error
    except ValueError as error:
        raise CalendarError(
            f"holidays.half_days: the holidays library knows no half days of {given.country}; "
            f"list them in `days`: {error}"
        ) from error
    return listed | {day: name for day, name in found.items() if first <= day <= last}


def _listed(holidays: Holidays, first: date, last: date) -> dict[date, str]:
    """The listed days off between two days."""
    found = {}
    for day in holidays.dates:
        if isinstance(day, date):
            found[day] = LISTED
            continue
        for year in range(first.year, last.year + 1):
            with suppress(ValueError):  # 29 February
                found[date.fromisoformat(f"{year}-{day}")] = LISTED
    return {day: name for day, name in found.items() if first <= day <= last}


def open_intervals(calendar: Calendar, first: date, last: date) -> Iterator[Interval]:
    """Open intervals between two days, both included: day of the opening, opens, closes.

    Instants are UTC without a zone; minutes are those that really pass, also where clocks change.
    Intervals neither overlap nor touch. The first and the last have no length: they say from and
    until when the calendar is known. What clocks show twice is the first time; what they skip is
    the moment at which they jump.
    """
    zone = zone_between(
        calendar.time_zone, _local(first, -3 * DAY_MINUTES), _local(last, 3 * DAY_MINUTES)
    )
    known_from = zone.instant(_local(first, 0))
    known_to = zone.instant(_local(last, DAY_MINUTES))
    yield first, known_from, known_from
    # what began the evening before the first day runs into it
    current: Interval | None = None
    for day, opens, closes in _day_intervals(calendar, first - timedelta(days=1), last, zone):
        opens, closes = max(opens, known_from), min(closes, known_to)
        if closes <= opens:
            continue
        if current and opens <= current[2]:
            current = (*current[:2], max(current[2], closes))
            continue
        if current:
            yield current
        current = (day, opens, closes)
    if current:
        yield current
    yield last, known_to, known_to


def _day_intervals(calendar: Calendar, first: date, last: date, zone: Zone) -> Iterator[Interval]:
    """Intervals by the day on which they begin, in order of their opening within a day."""
    closed = holidays_of(calendar, first, last)
    halved = holidays_of(calendar, first, last, half_days=True)
    special = {str(day.date): day for day in calendar.days}
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for interval in sorted(_hours_of(calendar, day, closed, halved, special)):
            opens, closes = (zone.instant(_local(day, minute)) for minute in minutes_of(interval))
            yield day, opens, closes


def _hours_of(
    calendar: Calendar,
    day: date,
    closed: dict[date, str],
    halved: dict[date, str],
    special: dict[str, SpecialDay],
) -> tuple[str, ...]:
    """Hours of a day: its own, those of its date every year, holiday, half day, week."""
    if special and str(day) in special:
        return special[str(day)].hours
    usual = calendar.working_hours.get(WEEK_DAYS[day.weekday()], ())  # type: ignore[call-overload]
    if not usual:
        return ()
    if special and f"{day:%m-%d}" in special:
        return special[f"{day:%m-%d}"].hours
    if day in closed:
        return ()
    if day in halved and calendar.holidays is not None:
        return calendar.holidays.half_days
    return usual  # type: ignore[no-any-return]


def _local(day: date, minute: int) -> datetime:
    """What clocks show at a minute counted from a day's midnight."""
    days, minutes = divmod(minute, DAY_MINUTES)
    return datetime.combine(day, time()) + timedelta(days=days, minutes=minutes)

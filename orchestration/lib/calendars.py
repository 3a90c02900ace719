"""The calendar of each market: its holidays, and the hours in which it works, in UTC.

Belongs here: turning working hours into instants. Doesn't belong here: validating them (see
`calendar_rules`), counting time in them (see the macros of dbt_project/macros/business_clock.sql).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.lib.calendar_rules import WEEK_DAYS, Market
from orchestration.lib.companies import Company, CompanyError

DAYS_AROUND = 400


def _days(company: Company) -> tuple[date, date]:
    around = timedelta(days=DAYS_AROUND)
    return company.start_date - around, company.last_date + around


def holidays_of(company: Company, market: Market) -> dict[date, str]:
    """Days and names of a market's holidays around the company's days."""
    if market.holidays is None:
        return {}
    from holidays import country_holidays  # takes 0.1 s, so only where rules are written

    first, last = _days(company)
    try:
        found = country_holidays(
            market.holidays.country,
            subdiv=market.holidays.subdivision,
            years=range(first.year, last.year + 1),
        )
    except NotImplementedError as error:
        raise CompanyError(
            f"company.yaml: markets.{market.code}.holidays names no calendar of the holidays "
            f"library: {error}"
        ) from error
    return {day: name for day, name in found.items() if first <= day <= last}


def business_hours(
    company: Company, market: Market, holidays: set[date]
) -> Iterator[tuple[Any, ...]]:
    """Open intervals in UTC; minutes are those that really pass, also where clocks change."""
    zone = ZoneInfo(market.time_zone)
    day, last = _days(company)
    before = 0
    while day <= last:
        intervals = market.working_hours.get(WEEK_DAYS[day.weekday()], ())  # type: ignore[call-overload]
        for interval in sorted(intervals if day not in holidays else ()):
            opens, closes = (_utc(day, clock, zone) for clock in interval.split("-"))
            minutes = int((closes - opens).total_seconds() // 60)
            if minutes > 0:
                yield (market.code, day, opens, closes, before)
                before += minutes
        day += timedelta(days=1)


def _utc(day: date, clock: str, zone: ZoneInfo) -> datetime:
    hour, minute = int(clock[:2]), int(clock[3:])
    if hour == 24:
        day, hour = day + timedelta(days=1), 0
    local = datetime.combine(day, time(hour, minute), tzinfo=zone)
    return local.astimezone(UTC).replace(tzinfo=None)

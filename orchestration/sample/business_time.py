"""The working hours of each market, and adding business time to an instant.

Working hours and holidays come from the company's rules, where they are written once.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import holidays
import pandas as pd

from orchestration.lib.companies import COMPANIES_DIR, Company, Market, read_company
from orchestration.sample.parameters import Calendar

_WEEK_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MARGIN_DAYS = 400


def sample_rules() -> Company:
    """The business rules of the sample company."""
    return read_company(COMPANIES_DIR / "sample" / "company.yaml")


def build(con: duckdb.DuckDBPyConnection, calendar: Calendar, rules: Company) -> None:
    """Create open_interval: market, opens_at, closes_at (UTC), and seconds_before.

    seconds_before counts the open seconds of the market before the interval.
    """
    first, last = (
        calendar.start - timedelta(days=_MARGIN_DAYS),
        calendar.end + timedelta(days=_MARGIN_DAYS),
    )
    rows = [row for market in rules.markets for row in _intervals(market, first, last)]
    con.register("open_hours", pd.DataFrame(rows, columns=["market", "opens_at", "closes_at"]))
    con.execute("""
        create table open_interval as
        select market, opens_at, closes_at, coalesce(sum(epoch(closes_at) - epoch(opens_at)) over (
            partition by market order by opens_at rows between unbounded preceding and 1 preceding),
                0)::bigint as seconds_before
        from open_hours
    """)
    con.unregister("open_hours")


def _intervals(market: Market, first: date, last: date) -> list[tuple[str, datetime, datetime]]:
    zone = ZoneInfo(market.time_zone)
    years = range(first.year, last.year + 1)
    closed = _days_off(market, years, "public")
    listed = set() if market.holidays is None else set(market.holidays.dates)
    halved = _days_off(market, years, "half_day")
    yearly = {day.date: day.hours for day in market.days if isinstance(day.date, str)}
    dated = {day.date: day.hours for day in market.days if isinstance(day.date, date)}
    rows = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        hours = market.working_hours.get(_WEEK_DAYS[day.weekday()], ())  # type: ignore[call-overload]
        if day in closed or listed & {day, day.strftime("%m-%d")}:
            hours = ()
        elif hours and day in halved and market.holidays is not None:
            hours = market.holidays.half_days
        if market.working_hours.get(_WEEK_DAYS[day.weekday()]):  # type: ignore[call-overload]
            hours = yearly.get(day.strftime("%m-%d"), hours)
        for interval in dated.get(day, hours):
            opens, closes = interval.split("-")
            next_day = day + timedelta(days=1) if closes <= opens else day
            rows.append((market.code, _instant(day, opens, zone), _instant(next_day, closes, zone)))
    return rows


def _days_off(market: Market, years: range, category: str) -> set[date]:
    """Days on which its country closes all day, or half of it (category half_day)."""
    given = market.holidays
    if given is None or (category == "half_day" and not given.half_days):
        return set()
    found: set[date] = set()
    if given.country is not None:
        found = set(
            holidays.country_holidays(
                given.country, given.subdivision, years=years, categories=category
            )
        )
    return found


def _instant(day: date, text: str, zone: ZoneInfo) -> datetime:
    hour, minute = (int(part) for part in text.split(":"))
    local = datetime(day.year, day.month, day.day, hour % 24, minute, tzinfo=zone) + timedelta(
        days=hour // 24
    )
    return local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def add_business_time(
    con: duckdb.DuckDBPyConnection, table: str, start: str, seconds: str, result: str
) -> None:
    """Add column `result` to `table`: the instant `seconds` business seconds after `start`.

    table has a column market; start is a timestamp expression, seconds a whole number expression
    over its columns; null where either is. The joins are inner ones on purpose: after an as-of left
    join DuckDB 1.5 believes that no column of the right side is ever null.
    """
    con.execute(f"""
        create or replace table {table} as
        with placed as (
            select t.*, case when t.{start} is not null then i.seconds_before
                + least(epoch(t.{start}) - epoch(i.opens_at), epoch(i.closes_at)
                    - epoch(i.opens_at))::bigint
                + ({seconds}) end as _target
            from {table} t asof join open_interval i on i.market = t.market
                and coalesce(t.{start}, timestamp '9999-12-31') >= i.opens_at
        )
        select p.* exclude (_target),
            case when p._target is not null then i.opens_at + to_seconds(p._target
                - i.seconds_before) end as {result}
        from placed p asof join open_interval i on i.market = p.market and coalesce(p._target,
            0) >= i.seconds_before
    """)


def business_seconds(
    con: duckdb.DuckDBPyConnection, table: str, start: str, end: str, result: str
) -> None:
    """Add column `result` to `table`: business seconds of the market from `start` to `end`."""
    con.execute(f"""
        create or replace table {table} as
        with started as (
            select t.*, case when t.{start} is not null then i.seconds_before
                + least(epoch(t.{start}) - epoch(i.opens_at), epoch(i.closes_at)
                    - epoch(i.opens_at))::bigint end as _from
            from {table} t asof join open_interval i on i.market = t.market
                and coalesce(t.{start}, timestamp '9999-12-31') >= i.opens_at
        )
        select s.* exclude (_from), case when s.{end} is not null then i.seconds_before
            + least(epoch(s.{end}) - epoch(i.opens_at), epoch(i.closes_at)
                - epoch(i.opens_at))::bigint - s._from end as {result}
        from started s asof join open_interval i on i.market = s.market
            and coalesce(s.{end}, timestamp '9999-12-31') >= i.opens_at
    """)

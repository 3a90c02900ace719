"""The clock of promises, measured: business time against plain subtraction of instants.

Belongs here: made-up clocks against five calendars, each way of reading them into the same table,
and that the ways of business time come to the same. Doesn't belong here: the rules (see
dbt_project/macros/business_clock.sql), whether they are right (see tests/unit/test_business_clock).
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

import duckdb

from orchestration.bench.line import BenchError
from orchestration.business_clock.calendars import HoursTables, make_tables
from orchestration.lib.calendar_rules import Calendar, SpecialDay, WeekDay
from orchestration.lib.macros import macro

ROWS = 1_000_000
MOST_OF_SUBTRACTION = 3.0
FIRST, LAST = date(2016, 1, 1), date(2030, 12, 31)
PAUSED_IN_TEN = 1

_OFFICE: tuple[WeekDay, ...] = ("mon", "tue", "wed", "thu", "fri")


def _calendar(zone: str, country: str, *hours: str, days: tuple[SpecialDay, ...] = ()) -> Calendar:
    return Calendar(
        time_zone=zone,
        holidays={"country": country},  # type: ignore[arg-type]
        working_hours=dict.fromkeys(_OFFICE, hours),
        days=days,
    )


CALENDARS = {
    "ES": _calendar(
        *("Europe/Madrid", "ES", "09:00-14:00", "16:00-19:00"),
        days=(SpecialDay(date="12-24", hours=("09:00-13:00",)),),
    ),
    "US": _calendar("America/New_York", "US", "09:00-17:30"),
    "GB": _calendar("Europe/London", "GB", "09:00-17:00"),
    "AU": _calendar("Australia/Sydney", "AU", "08:30-17:00"),
    "IN": _calendar("Asia/Kolkata", "IN", "22:00-06:00"),
}

# A lead has a code, a market, a start in three years and a promise; nine in ten have been answered.
CLOCKS = """
create or replace table clocks as
with numbered as (
    select range as number, hash(range + {seed}) as luck from range({rows})
)
select
    'salesforce.lead:00Q' || lpad(number::varchar, 12, '0') as code,
    ['ES', 'US', 'GB', 'AU', 'IN'][1 + (luck % 5)::integer] as calendar_code,
    timestamp '2022-01-03' + to_seconds((hash(luck + 1) % 94608000)::bigint) as started_at,
    case
        when hash(luck + 2) % 10 < 9
            then started_at + to_seconds((hash(luck + 3) % 400000)::bigint)
    end as stopped_at,
    timestamp '2025-01-10' as read_at,
    [15, 60, 240, 480, 2400][1 + (hash(luck + 4) % 5)::integer] * 60::bigint as target_seconds
from numbered
order by number
"""
PAUSES = f"""
create or replace table pauses as
select
    code,
    started_at + to_seconds((hash(code) % 100000)::bigint) as paused_from,
    case
        when hash(code || 'r') % 10 < 9
            then paused_from + to_seconds((hash(code || 't') % 200000)::bigint)
    end as paused_to
from clocks
where hash(code || 'p') % 10 < {PAUSED_IN_TEN}
"""

STATUS = """case
        when seconds > target_seconds then 'breached'
        when stopped_at is not null then 'met'
        else 'running'
    end as status"""
COLUMNS = f"""code, calendar_code, started_at, stopped_at, due_at, seconds / 60.0 as minutes,
    {STATUS}"""

SUBTRACTION = f"""
select {COLUMNS}
from (
    select *, started_at + to_seconds(target_seconds) as due_at,
        date_diff('second', started_at, coalesce(stopped_at, read_at)) as seconds
    from clocks
)
"""

# The look-ups as they come to mind first: the latest interval that has begun.
AS_OF = f"""
with ended as (
    select *, coalesce(stopped_at, read_at) as ended_at from clocks
),
placed as (
    select ended.*,
        s.seconds_before + least(date_diff('second', s.opens_at, started_at), s.seconds_open)
            as started_seconds,
        e.seconds_before + least(date_diff('second', e.opens_at, ended_at), e.seconds_open)
            as ended_seconds
    from ended
    asof join intervals as s
        on ended.calendar_code = s.calendar_code and ended.started_at >= s.opens_at
    asof join intervals as e
        on ended.calendar_code = e.calendar_code and ended.ended_at >= e.opens_at
),
counted as (
    select *, ended_seconds - started_seconds as seconds,
        started_seconds + target_seconds as due_seconds
    from placed
)
select {COLUMNS}
from (
    select counted.*, d.opens_at + to_seconds(due_seconds - d.seconds_before) as due_at
    from counted
    asof join used as d
        on counted.calendar_code = d.calendar_code and counted.due_seconds > d.seconds_before
)
"""


@dataclass(frozen=True)
class Measured:
    """Seconds of each way, by where the tables are: a file, as a warehouse's, or memory."""

    rows: int
    seconds: dict[str, dict[str, float]]


Compared = tuple[str, str, str, float, float | None, str]


def ways(tables: HoursTables) -> dict[str, str]:
    """The ways as queries."""
    lookups = {"hours": tables.hours, "numbered": tables.numbered}
    ours = macro("business_clocks", "clocks", ["code"], **lookups)
    paused = macro("business_clocks", "clocks", ["code"], pauses="pauses", **lookups)
    select = f"select {COLUMNS} from (select *, running_seconds as seconds from"
    return {
        "subtraction": SUBTRACTION,
        "ours": f"{select} ({ours}))",
        "ours, paused": f"{select} ({paused}))",
        "as-of": AS_OF,
    }


def measured(folder: Path, rows: int | None, seed: int, threads: int, rounds: int) -> Measured:
    """Read the clocks in every way, in turn, in a file and in memory; `folder` is made anew.

    Raises:
        BenchError: two ways of business time came to other results.
    """
    size = rows or ROWS
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    places = {"file": str(folder / "clocks.duckdb"), "memory": ":memory:"}
    seconds = {name: _measure(place, size, seed, threads, rounds) for name, place in places.items()}
    shutil.rmtree(folder)
    return Measured(size, seconds)


def _measure(place: str, rows: int, seed: int, threads: int, rounds: int) -> dict[str, float]:
    with duckdb.connect(place, config={"threads": threads}) as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set enable_progress_bar = false")
        connection.execute(CLOCKS.format(rows=rows, seed=seed))
        connection.execute(PAUSES)
        queries = ways(make_tables(connection, CALENDARS, FIRST, LAST, "bench"))
        _intervals(connection)
        found: dict[str, list[float]] = {name: [] for name in queries}
        for _ in range(rounds + 1):
            for number, (name, query) in enumerate(queries.items()):
                connection.execute(f"drop table if exists result_{number}")
                started = time.perf_counter()
                connection.execute(f"create table result_{number} as {query}")
                found[name].append(time.perf_counter() - started)
        agree(connection, list(queries))
    # the first round warms up
    return {name: median(times[1:]) for name, times in found.items()}


def _intervals(connection: duckdb.DuckDBPyConnection) -> None:
    """What the as-of joins look up."""
    connection.execute(
        """
        create or replace table intervals as
        select distinct calendar_code, opens_at, seconds_before, seconds_open from bench_hours
        """
    )
    connection.execute("create or replace table used as from intervals where seconds_open > 0")


def agree(connection: duckdb.DuckDBPyConnection, names: list[str]) -> None:
    """Raise BenchError unless business time without pauses is the same in both ways."""
    ours, theirs = (f"result_{names.index(name)}" for name in ("ours", "as-of"))
    (differing,) = connection.execute(
        f"select count(*) from (from {ours} except all from {theirs})"
    ).fetchall()[0]
    (rows, known) = connection.execute(
        f"select count(*), count(minutes) + count(due_at) from {ours}"
    ).fetchall()[0]
    if differing or known != 2 * rows:
        raise BenchError(
            f"{differing} of {rows} clocks differ between the macro and the as-of joins, "
            f"{2 * rows - known} times are missing: business time is wrong, don't read its speed."
        )


def comparisons(found: Measured) -> list[Compared]:
    """The lines of the table."""
    lines: list[Compared] = []
    for place, seconds in found.seconds.items():
        where = f"{found.rows / 1e6:g} million clocks in {'a file' if place == 'file' else place}"
        plain, as_of = seconds["subtraction"], seconds["as-of"]
        for name, label in (("ours", ""), ("ours, paused", ", one in ten paused")):
            lines.append(
                (
                    f"{where}{label}",
                    f"{seconds[name]:.2f} s",
                    f"{plain:.2f} s subtraction",
                    seconds[name] / plain,
                    MOST_OF_SUBTRACTION,
                    "x",
                )
            )
        lines.append(
            (
                where, f"{seconds['ours']:.2f} s", f"{as_of:.2f} s as-of joins",
                seconds["ours"] / as_of, None, "x",
            )
        )  # fmt: skip
    return lines

"""Business time of any table: cases worked by hand, and against counting minute by minute."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest
import yaml
from clock_reference import WEEK, count

from orchestration.business_clock import (
    Calendar,
    ClockError,
    add_business_time,
    business_minutes,
    read_calendars,
    run_clocks,
)
from orchestration.business_clock.__main__ import main
from orchestration.lib.settings import PROJECT_ROOT

WORKDAYS = WEEK[:5]
NINE_TO_SIX = {day: ["09:00-18:00"] for day in WORKDAYS}
ALWAYS = {day: ["00:00-24:00"] for day in WEEK}

MADRID = {"time_zone": "Europe/Madrid", "working_hours": NINE_TO_SIX, "holidays": "ES"}
NEW_YORK = {"time_zone": "America/New_York", "working_hours": NINE_TO_SIX, "holidays": "US"}
LONDON = {"time_zone": "Europe/London", "working_hours": NINE_TO_SIX, "holidays": "GB-ENG"}
SIESTA = {
    "time_zone": "Europe/Madrid",
    "working_hours": {day: ["09:00-14:00", "16:00-19:00"] for day in WORKDAYS},
}
NIGHT = {
    "time_zone": "Europe/Madrid",
    "working_hours": {day: ["22:00-06:00"] for day in WEEK},
}
SYDNEY_NIGHT = {**NIGHT, "time_zone": "Australia/Sydney"}
OPEN_MADRID = {"time_zone": "Europe/Madrid", "working_hours": ALWAYS}
OPEN_SYDNEY = {"time_zone": "Australia/Sydney", "working_hours": ALWAYS}
HALF_DAYS = {
    **MADRID,
    "days": [
        {"date": "12-24", "hours": ["09:00-13:00"], "name": "Christmas Eve"},
        {"date": date(2025, 12, 6), "hours": ["10:00-14:00"], "name": "Sale, a Saturday holiday"},
        {"date": date(2025, 12, 26), "name": "Bridge"},
    ],
}


def at(text: str) -> datetime:
    """`2025-03-28 17:55` as a datetime."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True)
class Case:
    """A clock in local time, and what it comes to: minutes, due (local), status."""

    name: str
    calendar: dict[str, Any]
    start: str
    end: str | None
    target: float
    minutes: float
    due: str | None
    status: str
    read_at: str = "2030-01-01 00:00"
    pauses: tuple[tuple[str, str | None], ...] = ()
    paused: float = 0


CASES = [
    # Friday 17:55: 5 minutes until 18:00, 10 on Monday from 09:00. Madrid's clocks change between.
    Case("friday_evening", MADRID, "2025-03-28 17:55", "2025-03-31 09:10", 15, 15,
         "2025-03-31 09:10", "met"),
    Case("friday_evening_late", MADRID, "2025-03-28 17:55", "2025-03-31 09:11", 15, 16,
         "2025-03-31 09:10", "breached"),
    # Easter 2025: Good Friday (18 April) is a holiday in Spain, Easter Monday is not.
    # Thursday 17:00: 60 minutes, then Monday 09:00 to 10:00: 120.
    Case("good_friday", MADRID, "2025-04-17 17:00", "2025-04-21 10:00", 120, 120,
         "2025-04-21 10:00", "met"),
    # In England Easter Monday is one too: Thursday 60, Tuesday 60.
    Case("holiday_monday", LONDON, "2025-04-17 17:00", "2025-04-22 10:00", 90, 120,
         "2025-04-22 09:30", "breached"),
    # Boxing Day 2026 is a Saturday: Monday the 28th is off instead. Thursday the 24th 17:00 to
    # Tuesday the 29th 10:00: 60 + 60.
    Case("substitute_monday", LONDON, "2026-12-24 17:00", "2026-12-29 10:00", 120, 120,
         "2026-12-29 10:00", "met"),
    # 4 July 2026 is a Saturday: in the US Friday the 3rd is off. Thursday 17:00 to Monday 10:00.
    Case("observed_on_friday", NEW_YORK, "2026-07-02 17:00", "2026-07-06 10:00", 60, 120,
         "2026-07-02 18:00", "breached"),
    # Sunday 30 March 2025: 02:00 is followed by 03:00. 00:00 to 06:00 on the clock are 5 hours.
    Case("spring_madrid", OPEN_MADRID, "2025-03-30 00:00", "2025-03-30 06:00", 240, 300,
         "2025-03-30 05:00", "breached"),
    # Sunday 26 October 2025: 03:00 is followed by 02:00. 00:00 to 06:00 are 7 hours.
    Case("autumn_madrid", OPEN_MADRID, "2025-10-26 00:00", "2025-10-26 06:00", 420, 420,
         "2025-10-26 06:00", "met"),
    # Night shifts over those nights: 22:00 to 06:00 are 7 and 9 hours.
    Case("spring_night_shift", NIGHT, "2025-03-29 20:00", "2025-03-30 12:00", 420, 420,
         "2025-03-30 06:00", "met"),
    Case("autumn_night_shift", NIGHT, "2025-10-25 20:00", "2025-10-26 12:00", 480, 540,
         "2025-10-26 05:00", "breached"),
    # South of the equator it is the other way round: 6 April back (9 h), 5 October ahead (7 h).
    Case("autumn_night_shift_south", SYDNEY_NIGHT, "2025-04-05 20:00", "2025-04-06 12:00", 540, 540,
         "2025-04-06 06:00", "met"),
    Case("spring_night_shift_south", SYDNEY_NIGHT, "2025-10-04 20:00", "2025-10-05 12:00", 420, 420,
         "2025-10-05 06:00", "met"),
    # 02:30 is never shown in Madrid on 30 March: read as 03:00, when clocks jump. Then one hour.
    Case("time_that_is_skipped", OPEN_MADRID, "2025-03-30 02:30", "2025-03-30 04:00", 60, 60,
         "2025-03-30 04:00", "met"),
    # 02:30 is shown twice on 26 October: the first one. To 03:00 it is 30 minutes and an hour.
    Case("time_that_comes_twice", OPEN_MADRID, "2025-10-26 02:30", "2025-10-26 03:00", 60, 90,
         "2025-10-26 02:30", "breached"),
    # After hours: Tuesday 20:00 counts from Wednesday 09:00.
    Case("after_hours", MADRID, "2025-06-03 20:00", "2025-06-04 09:30", 60, 30,
         "2025-06-04 10:00", "met"),
    Case("at_opening", MADRID, "2025-06-03 09:00", "2025-06-03 10:00", 60, 60,
         "2025-06-03 10:00", "met"),
    Case("at_closing", MADRID, "2025-06-03 18:00", "2025-06-04 09:00", 60, 0,
         "2025-06-04 10:00", "met"),
    # 540 minutes from 09:00 are used up at 18:00: due then, not at the next opening.
    Case("used_up_at_closing", MADRID, "2025-06-03 09:00", "2025-06-04 09:00", 540, 540,
         "2025-06-03 18:00", "met"),
    Case("used_up_on_friday", MADRID, "2025-06-06 17:00", "2025-06-09 09:01", 60, 61,
         "2025-06-06 18:00", "breached"),
    Case("no_time", MADRID, "2025-06-03 10:00", "2025-06-03 10:00", 1, 0,
         "2025-06-03 10:01", "met"),
    Case("target_of_nothing", MADRID, "2025-06-03 20:00", "2025-06-04 09:00", 0, 0,
         "2025-06-03 20:00", "met"),
    Case("ends_before_it_starts", MADRID, "2025-06-03 10:00", "2025-06-03 09:00", 60, 0,
         "2025-06-03 11:00", "met"),
    Case("running", MADRID, "2025-06-03 17:00", None, 120, 60, "2025-06-04 10:00", "running",
         read_at="2025-06-04 09:00"),
    # Exactly used up is not yet late.
    Case("running_at_its_end", MADRID, "2025-06-03 17:00", None, 120, 120, "2025-06-04 10:00",
         "running", read_at="2025-06-04 10:00"),
    Case("running_late", MADRID, "2025-06-03 17:00", None, 120, 121, "2025-06-04 10:00",
         "breached", read_at="2025-06-04 10:01"),
    # Siesta: 13:30 to 14:00 are 30, 16:00 to 16:30 another 30.
    Case("split_day", SIESTA, "2025-06-03 13:30", "2025-06-03 16:30", 45, 60,
         "2025-06-03 16:15", "breached"),
    Case("used_up_at_siesta", SIESTA, "2025-06-03 13:30", "2025-06-03 15:00", 30, 30,
         "2025-06-03 14:00", "met"),
    # Half day: 24 December 12:00 to 13:00, the 25th is a holiday, the 26th closed by its own day,
    # then a weekend; Monday the 29th 09:00.
    Case("half_day", HALF_DAYS, "2025-12-24 12:00", "2025-12-29 10:00", 120, 120,
         "2025-12-29 10:00", "met"),
    # Saturday 6 December is a holiday, open by its own day: 11:00 to 14:00; Monday the 8th is one.
    Case("open_holiday", HALF_DAYS, "2025-12-06 11:00", "2025-12-09 09:30", 180, 210,
         "2025-12-06 14:00", "breached"),
    # 24 December 2028 is a Sunday: the yearly half day does not open it.
    Case("half_day_on_sunday", HALF_DAYS, "2028-12-24 10:00", "2028-12-26 09:30", 60, 30,
         "2028-12-26 10:00", "met"),
    # Paused over the weekend: Friday 17:00 to 17:30 runs, then still until Monday 09:30.
    Case("paused_over_weekend", MADRID, "2025-06-06 17:00", "2025-06-09 10:00", 60, 60,
         "2025-06-09 10:00", "met", pauses=(("2025-06-06 17:30", "2025-06-09 09:30"),), paused=60),
    # A pause in closed hours takes nothing away.
    Case("paused_at_night", MADRID, "2025-06-03 17:00", "2025-06-04 10:00", 120, 120,
         "2025-06-04 10:00", "met", pauses=(("2025-06-03 19:00", "2025-06-04 08:00"),)),
    # 10:00 to 12:00 and 11:00 to 13:00 are three hours, not four; one lies inside, one touches.
    Case("overlapping_pauses", MADRID, "2025-06-03 09:00", "2025-06-03 17:00", 240, 240,
         "2025-06-03 17:00", "met", paused=240,
         pauses=(("2025-06-03 10:00", "2025-06-03 12:00"), ("2025-06-03 11:00", "2025-06-03 13:00"),
                 ("2025-06-03 11:30", "2025-06-03 11:45"), ("2025-06-03 13:00", "2025-06-03 14:00"),
                 ("2025-06-03 10:00", "2025-06-03 12:00"))),
    # Still paused: 60 minutes ran, and when the other 60 end nobody knows.
    Case("open_pause", MADRID, "2025-06-03 09:00", None, 120, 60, None, "running",
         read_at="2025-06-05 09:00", pauses=(("2025-06-03 10:00", None),), paused=1020),
    # Late before it was paused: the due time is known.
    Case("open_pause_too_late", MADRID, "2025-06-03 09:00", None, 30, 60, "2025-06-03 09:30",
         "breached", read_at="2025-06-05 09:00", pauses=(("2025-06-03 10:00", None),), paused=1020),
    # The target is used up the moment the pause begins.
    Case("paused_when_used_up", MADRID, "2025-06-03 09:00", None, 60, 60, "2025-06-03 10:00",
         "running", read_at="2025-06-05 09:00", pauses=(("2025-06-03 10:00", None),), paused=1020),
    # Begun before the clock, and one all before it.
    Case("pause_before_start", MADRID, "2025-06-03 10:00", "2025-06-03 12:00", 60, 60,
         "2025-06-03 12:00", "met", paused=60,
         pauses=(("2025-06-02 09:00", "2025-06-03 11:00"),
                 ("2025-06-01 09:00", "2025-06-02 09:00"))),
    # A pause after the due time does not move it, one after the end counts for nothing.
    Case("pause_after_due", MADRID, "2025-06-03 09:00", "2025-06-03 15:00", 60, 240,
         "2025-06-03 10:00", "breached", paused=120,
         pauses=(("2025-06-03 11:00", "2025-06-03 13:00"), ("2025-06-03 15:00", None))),
    # A pause without an end that the end of the clock ends.
    Case("ended_while_paused", MADRID, "2025-06-03 09:00", "2025-06-03 15:00", 120, 60,
         "2025-06-03 16:00", "met", paused=300, pauses=(("2025-06-03 10:00", None),)),
    # Resumed the moment the clock is read: not paused any more.
    Case("pause_ends_when_read", MADRID, "2025-06-03 09:00", None, 120, 60, "2025-06-04 10:00",
         "running", read_at="2025-06-04 09:00", paused=480,
         pauses=(("2025-06-03 10:00", "2025-06-04 09:00"),)),
    # Paused the moment it is read: nobody knows any more.
    Case("pause_begins_when_read", MADRID, "2025-06-03 09:00", None, 120, 60, None, "running",
         read_at="2025-06-03 10:00", pauses=(("2025-06-03 10:00", None),)),
    # A pause over the night on which clocks go ahead: 01:00 to 04:00 are two hours.
    Case("paused_in_spring", OPEN_MADRID, "2025-03-30 00:00", "2025-03-30 06:00", 240, 180,
         "2025-03-30 07:00", "met", paused=120, pauses=(("2025-03-30 01:00", "2025-03-30 04:00"),)),
]  # fmt: skip


AFTER_HOURS = {
    "spring_night_shift",
    "autumn_night_shift",
    "spring_night_shift_south",
    "autumn_night_shift_south",
    "after_hours",
    "at_closing",
    "target_of_nothing",
    "half_day_on_sunday",
}
PAUSED_WHEN_READ = {
    "open_pause",
    "open_pause_too_late",
    "paused_when_used_up",
    "pause_begins_when_read",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_clocks_worked_by_hand(case: Case) -> None:
    zone = ZoneInfo(case.calendar["time_zone"])
    read_at = at(case.read_at).replace(tzinfo=zone)
    rows = pd.DataFrame({"id": ["a"], "start": [case.start], "end": [case.end]}, dtype="str")
    pauses = pd.DataFrame(
        [("a", *pause) for pause in case.pauses],
        columns=["id", "paused_from", "paused_to"],
        dtype="str",
    )
    found = run_clocks(
        rows, case.calendar, target_minutes=case.target, times="local", read_at=read_at,
        key="id", pauses=pauses if case.pauses else None,
    )  # fmt: skip
    (row,) = (dict(zip(found.columns, values, strict=True)) for values in found.fetchall())
    due = case.due and at(case.due)
    assert (row["business_minutes"], row["paused_minutes"]) == (case.minutes, case.paused)
    assert (row["due_at_local"], row["status"]) == (due, case.status)
    assert row["is_started_in_hours"] is (case.name not in AFTER_HOURS)
    assert row["is_paused"] is (case.name in PAUSED_WHEN_READ)


def test_the_example_of_the_page_is_what_the_code_says() -> None:
    page = (PROJECT_ROOT / "docs" / "business-clock.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (\S+ \S+?)(?: \(.*?\))? \| (\S+ \S+) \| (\d+) \| (?:(\S+ \S+) to (\S+ \S+) )?"
        r"\| (\d+) \| (\S+ \S+) \| (\w+) \|$",
        page,
        flags=re.M,
    )
    assert len(rows) == 5
    columns = ["start", "end", "target_minutes", "paused_from", "paused_to", "m", "due", "s"]
    table = pd.DataFrame(rows, columns=columns)
    table["id"] = range(len(rows))
    found = run_clocks(
        table[["id", "start", "end", "target_minutes"]], MADRID, times="local", key="id",
        pauses=table.loc[table["paused_from"] != "", ["id", "paused_from", "paused_to"]],
    ).project("business_minutes, due_at_local, status")  # fmt: skip
    told = [(float(row[5]), at(row[6]), row[7]) for row in rows]
    assert found.fetchall() == told


def test_the_calendar_of_the_page_can_be_used() -> None:
    page = (PROJECT_ROOT / "docs" / "business-clock.md").read_text(encoding="utf-8")
    (market,) = yaml.safe_load(page.split("```yaml")[1].split("```")[0])["markets"]
    calendar = {key: value for key, value in market.items() if key != "code"}
    # Saturday 29 March 2025, 22:00 to 06:00 on the clock: one hour was skipped.
    assert business_minutes(at("2025-03-29"), at("2025-03-31"), calendar) == 7 * 60
    # Monday 30 June 2025 has eight hours, as every Monday; Wednesday 24 December has half a day,
    # but only days of the week that work have.
    assert business_minutes(at("2025-06-30"), at("2025-07-01"), calendar) == 8 * 60
    assert business_minutes(at("2025-12-24"), at("2025-12-25"), calendar) == 0
    assert business_minutes(at("2027-12-24"), at("2027-12-25"), calendar) == 4 * 60


def test_a_target_of_two_years_is_due_after_as_many_working_days() -> None:
    # 2025 and 2026 have 261 days from Monday to Friday each. On such days Spain is off on 1 and 6
    # January, 18 April, 1 May, 15 August, 8 and 25 December 2025, and on 1 and 6 January, 3 April,
    # 1 May, 12 October, 8 and 25 December 2026: 7 in each year (12 October 2025 and the first of
    # November of both years fall on weekends). 2 x 254 days of 9 hours end with 31 December 2026.
    minutes = 2 * 254 * 9 * 60
    due = add_business_time(at("2024-12-31 18:00"), minutes, MADRID)
    assert due == at("2026-12-31 18:00")
    assert business_minutes(at("2025-01-01"), at("2027-01-01"), MADRID) == minutes


def test_one_instant_is_read_by_the_calendar_of_its_row() -> None:
    # Friday 18 April 2025, 15:00 UTC: a holiday in Madrid, 11:00 in New York, which works on it.
    rows = pd.DataFrame(
        {
            "market": ["ES", "US"],
            "opened": [at("2025-04-18 15:00")] * 2,
            "closed": [at("2025-04-21 14:00")] * 2,
            "promised": [60, 900],
        }
    )
    found = run_clocks(
        rows, {"ES": MADRID, "US": NEW_YORK}, start="opened", end="closed", calendar="market",
        target_minutes="promised",
    )  # fmt: skip
    # Madrid: Monday 09:00 to 16:00. New York: Friday 11:00 to 18:00, Monday 09:00 to 10:00.
    assert found.project("market, business_minutes, due_at, due_at_local, status").fetchall() == [
        ("ES", 420, at("2025-04-21 08:00"), at("2025-04-21 10:00"), "breached"),
        ("US", 480, at("2025-04-21 21:00"), at("2025-04-21 17:00"), "met"),
    ]


def test_fractions_of_a_second_are_cut_off() -> None:
    rows = pd.DataFrame({"start": ["2025-06-03 09:00:00.9"], "end": ["2025-06-03 09:01:00.95"]})
    found = run_clocks(rows, MADRID, target_minutes=1, times="Europe/Madrid")
    assert found.project("business_minutes, due_at_local, status").fetchall() == [
        (1, at("2025-06-03 09:01:00"), "met")
    ]


def test_times_with_an_offset_are_instants_whatever_the_others_mean() -> None:
    rows = pd.DataFrame(
        {
            "start": ["2025-06-03 09:00:00", "2025-06-03T09:00:00+00:00", "2025-06-03 07:00:00Z"],
            "end": [
                "2025-06-03 10:00:00",
                "2025-06-03T09:30:00+00:00",
                "2025-06-03 13:00:00+05:00",
            ],
        }
    )
    for times, minutes in (
        ("local", [60, 30, 60]),
        ("UTC", [60, 30, 60]),
        ("Asia/Tokyo", [0, 30, 60]),
    ):
        found = run_clocks(rows, MADRID, times=times)
        assert [row[0] for row in found.project("business_minutes").fetchall()] == minutes, times


def test_what_is_not_known_is_not_counted_as_closed() -> None:
    rows = pd.DataFrame(
        {
            "start": [at("2025-06-03 09:00"), None, at("1901-01-01")],
            "end": [at("2025-06-03 10:00")] * 3,
        }
    )
    expected = [
        (60, 0, at("2025-06-03 10:00"), "met"),
        (None, None, None, "unknown"),
        (None, None, None, "unknown"),
    ]
    rows["id"] = [1, 2, 3]
    none = pd.DataFrame({"id": [9], "paused_from": [at("2025-06-03")], "paused_to": [None]})
    for options in ({}, {"key": "id", "pauses": none}):
        found = run_clocks(rows, OPEN_MADRID, target_minutes=60, **options)
        answer = found.project("business_minutes, paused_minutes, due_at, status").fetchall()
        assert answer == expected


def test_a_calendar_that_never_opens_counts_nothing() -> None:
    closed = {"time_zone": "UTC", "working_hours": {}, "days": [{"date": date(2025, 6, 4)}]}
    rows = pd.DataFrame({"start": [at("2025-06-03 09:00")], "end": [at("2025-06-05 09:00")]})
    found = run_clocks(rows, closed, target_minutes=60)
    assert found.project("business_minutes, due_at, status").fetchall() == [(0, None, "met")]
    with pytest.raises(ClockError, match="has not 5 open minutes"):
        add_business_time(at("2025-06-03 09:00"), 5, closed)


def test_the_same_from_every_kind_of_table(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "id": [1, 2],
            "start": [at("2025-06-03 15:00"), at("2025-06-06 15:30")],
            "note": ["b", None],
        }
    )
    frame["end"] = [at("2025-06-04 08:00"), None]
    frame.to_csv(tmp_path / "rows.csv", index=False)
    frame.to_parquet(tmp_path / "rows.parquet", index=False)
    expected = run_clocks(
        frame, MADRID, target_minutes=60, read_at=at("2025-06-09 08:00")
    ).fetchall()
    assert [row[4:] for row in expected] == [
        (120, 1020, 0, at("2025-06-03 16:00"), at("2025-06-03 18:00"), True, False, "breached"),
        (90, 3870, 0, at("2025-06-09 07:30"), at("2025-06-09 09:30"), True, False, "breached"),
    ]
    with duckdb.connect() as connection:
        connection.register("rows", frame)
        for table in (
            tmp_path / "rows.csv",
            str(tmp_path / "rows.parquet"),
            "rows",
            connection.sql("from rows"),
        ):
            found = run_clocks(
                table,
                MADRID,
                target_minutes=60,
                read_at=at("2025-06-09 08:00"),
                connection=connection,
            )
            assert found.fetchall() == expected


def test_single_instants_keep_their_zone() -> None:
    start = datetime(2025, 3, 28, 16, 55, tzinfo=UTC)
    assert add_business_time(start, 15, MADRID) == datetime(2025, 3, 31, 7, 10, tzinfo=UTC)
    assert add_business_time(start, 15, MADRID).tzinfo is UTC
    assert add_business_time(at("2025-06-03 20:00"), 0, MADRID) == at("2025-06-03 20:00")
    assert (
        business_minutes(
            start, datetime(2025, 3, 31, 9, 10, tzinfo=ZoneInfo("Europe/Madrid")), MADRID
        )
        == 15
    )
    assert business_minutes(at("2025-06-04"), at("2025-06-03"), MADRID) == 0
    assert business_minutes("2025-06-03 09:00", pd.Timestamp("2025-06-03 09:30"), MADRID) == 30
    with pytest.raises(ClockError, match="'soon' is no time"):
        business_minutes("soon", "2025-06-03 09:00", MADRID)
    with pytest.raises(ClockError, match="give 0 or more"):
        add_business_time(start, -1, MADRID)


def test_as_pandas_counts_business_hours() -> None:
    offset = pd.offsets.CustomBusinessHour(start="09:00", end="18:00", holidays=["2025-06-05"])
    calendar = {"time_zone": "UTC", "working_hours": NINE_TO_SIX, "holidays": [date(2025, 6, 5)]}
    chance = random.Random(5)
    for _ in range(60):
        start = at("2025-06-01") + timedelta(minutes=chance.randrange(15 * 24 * 60))
        hours = chance.randrange(1, 60)
        due = add_business_time(start, hours * 60, calendar)
        theirs = pd.Timestamp(start) + hours * offset
        # From outside of the hours pandas goes on to the opening after a closing.
        assert due == theirs or (due < theirs and business_minutes(due, theirs, calendar) == 0)
        assert business_minutes(start, due, calendar) == hours * 60


LUNCH = {day: ["09:00-12:00", "13:00-17:00"] for day in WORKDAYS}
LONG_LUNCH = {day: ["09:00-12:00", "13:00-18:00"] for day in WORKDAYS}
SEVEN_TO_FIVE = {day: ["07:00-17:00"] for day in WORKDAYS}


def test_examples_that_other_libraries_publish() -> None:
    # business-duration: 30 hours, since 1 and 2 July 2017 are a weekend and the 4th is a holiday.
    california = {
        "time_zone": "America/Los_Angeles",
        "working_hours": SEVEN_TO_FIVE,
        "holidays": "US-CA",
    }
    start, end = at("2017-07-01 02:02"), at("2017-07-07 04:48")
    assert business_minutes(start, end, california) == 30 * 60
    # businesstimedelta: a week of 9 to 18 with an hour for lunch has 40 hours.
    lunch = {"time_zone": "UTC", "working_hours": LONG_LUNCH}
    start, end = at("2016-01-18 09:00"), at("2016-01-22 18:00")
    assert business_minutes(start, end, lunch) == 40 * 60
    assert add_business_time(start, 40 * 60, lunch) == end
    # workclock: eight hours from Christmas Eve in London.
    london = {"time_zone": "Europe/London", "working_hours": LUNCH, "holidays": "GB-ENG"}
    start = datetime(2026, 12, 24, 16, 30, tzinfo=ZoneInfo("Europe/London"))
    assert add_business_time(start, 480, london) == datetime(2026, 12, 30, 9, 30, tzinfo=UTC)


ZONES = (
    "Europe/Madrid", "America/New_York", "Australia/Sydney", "Asia/Kolkata", "America/St_Johns",
    "UTC", "Australia/Lord_Howe",
)  # fmt: skip


def clock_text(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def any_hours(chance: random.Random) -> list[str]:
    """Hours of a day; none opens or closes while clocks change, which minutes cannot tell apart."""
    kind = chance.random()
    if kind < 0.15:
        return []
    if kind < 0.3:
        return ["00:00-24:00"]
    cuts = sorted(chance.sample(range(6 * 60, 24 * 60, 5), 2 * chance.randint(1, 3)))
    hours = [f"{clock_text(a)}-{clock_text(b)}" for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
    return [*hours[:-1], "22:00-06:00"] if kind < 0.5 and cuts[-1] < 22 * 60 else hours


def any_calendar(chance: random.Random) -> dict[str, Any]:
    while True:
        calendar = {
            "time_zone": chance.choice(ZONES),
            "working_hours": {day: any_hours(chance) for day in WEEK},
            "holidays": [date(2025, 3, 31), date(2025, 4, 1), date(2025, 10, 27)],
            "days": [
                {"date": date(2025, 4, 2), "hours": ["09:00-13:00"]},
                {"date": "04-01", "hours": ["10:00-12:30"]},
                {"date": "10-28", "hours": []},
            ],
        }
        try:
            read_calendars(calendar)
        except ClockError:  # a night runs into the next day's hours
            continue
        return calendar


@pytest.mark.parametrize(
    ("seed", "first"), [(1, "2025-03-27"), (2, "2025-10-23"), (3, "2025-04-03"), (4, "2025-10-01")]
)
def test_clocks_are_what_counting_minute_by_minute_gives(seed: int, first: str) -> None:
    chance = random.Random(seed)
    calendars = {f"c{number}": any_calendar(chance) for number in range(6)}
    read_at = at(first) + timedelta(days=7)
    rows: list[tuple[int, str, datetime, datetime | None, int]] = []
    pauses: list[tuple[int, datetime, datetime | None]] = []
    for number in range(30):
        start = at(first) + timedelta(minutes=chance.randrange(6 * 1440))
        end = (
            start + timedelta(minutes=chance.randrange(-60, 3000))
            if chance.random() < 0.7
            else None
        )
        target = chance.choice((0, 1, 30, 60, 240, 480, 960))
        rows.append((number, chance.choice(list(calendars)), start, end, target))
        for _ in range(chance.choice((0, 0, 1, 2, 4))):
            paused = start + timedelta(minutes=chance.randrange(-500, 2000))
            resumed = paused + timedelta(minutes=chance.randrange(1500))
            pauses.append((number, paused, resumed if chance.random() < 0.8 else None))
    found = run_clocks(
        pd.DataFrame(rows, columns=["id", "calendar", "start", "end", "target_minutes"]),
        calendars, key="id", read_at=read_at,
        pauses=pd.DataFrame(pauses, columns=["id", "paused_from", "paused_to"]),
    ).project("business_minutes, paused_minutes, due_at").fetchall()  # fmt: skip
    for (number, code, start, end, target), values in zip(rows, found, strict=True):
        own = [(a, b) for key, a, b in pauses if key == number]
        counted = count(calendars[code], start, end, read_at, target, own)
        assert values == (counted.running, counted.paused, counted.due_at), (number, code)


@pytest.mark.parametrize(
    ("calendar", "message"),
    [
        ({"time_zone": "Europe/Madrit", "working_hours": ALWAYS}, "time_zone"),
        ({"working_hours": ALWAYS}, "key `time_zone` is missing"),
        ({**MADRID, "working_hours": {"mon": ["9-18"]}}, "'9-18' is not an interval"),
        ({**MADRID, "working_hours": {"mon": ["09:00-09:00"]}}, "has no length"),
        ({**MADRID, "working_hours": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "mon: .* overlap"),
        ({**MADRID, "working_hours": {"sun": ["22:00-07:00"], "mon": ["06:00-12:00"]}},
         "sun and mon"),
        ({**MADRID, "holidays": "XX"}, "holidays names no calendar"),
        ({**MADRID, "holidays": {"country": "ES", "half_days": ["09:00-13:00"]}},
         "no half days of ES"),
        ({**MADRID, "days": [{"date": "12-24"}, {"date": "12-24"}]}, "more than once"),
        ({**MADRID, "days": [{"date": "24.12."}]}, "neither a date"),
        ({}, "there is no calendar"),
        (Path("missing.yaml"), "There is no file"),
    ],
)  # fmt: skip
def test_calendars_that_cannot_be_used_are_named(calendar: Any, message: str) -> None:
    rows = pd.DataFrame({"start": [at("2025-06-03 09:00")]})
    with pytest.raises(ClockError, match=message):
        run_clocks(rows, calendar)


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"begin": ["2025-06-03"]}, {}, "has no column 'start'.*it has begin"),
        ({"start": ["2025-06-03", "soon"]}, {}, "row 2: start is no time.*'soon'"),
        ({"start": ["2025-06-03"]}, {"end": "done"}, "has no column 'done'"),
        ({"start": ["2025-06-03"]}, {"times": "Mars"}, "times: "),
        ({"start": ["2025-06-03"], "target_minutes": [-5]}, {}, "row 1: target_minutes is below 0"),
        ({"start": ["2025-06-03"], "status": ["x"]}, {}, "columns status already"),
        ({"start": ["2025-06-03"], "calendar": ["FR"]}, {"two": True},
         "row 1: calendar names no calendar"),
        ({"start": ["2025-06-03"]}, {"two": True}, "There are 2 calendars"),
        ({"id": [1, 1], "start": ["2025-06-03"] * 2}, {"pause": "2025-06-04", "key": "id"},
         "row 1: id is not unique"),
        ({"id": [1], "start": ["2025-06-03"]}, {"pause": "2025-06-02", "key": "id"},
         "row 1: paused_to is before"),
        ({"id": [1], "start": ["2025-06-03"]}, {"pause": None, "key": "id"},
         "row 1: paused_from is missing"),
        ({"id": [1], "start": ["2025-06-03"]}, {"pause": "2025-06-04"}, "Name the column"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_used_are_named(
    columns: dict[str, list[Any]], options: dict[str, Any], message: str
) -> None:
    calendars = {"ES": MADRID, "US": NEW_YORK} if options.pop("two", False) else MADRID
    if "pause" in options:
        to = options.pop("pause")
        begin = None if to is None else "2025-06-03"
        options["pauses"] = pd.DataFrame(
            {"id": [1], "paused_from": [begin], "paused_to": [to]}, dtype="str"
        )
    with pytest.raises(ClockError, match=message):
        run_clocks(pd.DataFrame(columns), calendars, **options)


def test_calendars_are_read_from_the_markets_of_a_company(tmp_path: Path) -> None:
    file = tmp_path / "company.yaml"
    file.write_text(
        "name: acme\nmarkets:\n  - {code: ES, name: Spain, time_zone: Europe/Madrid, "
        "currency: EUR, language: es, dialling_code: 34, working_hours: {mon: ['09:00-18:00']}}\n"
    )
    assert list(read_calendars(file)) == ["ES"]
    assert read_calendars(Calendar(time_zone="UTC"))["calendar"].time_zone == "UTC"


CALENDAR = """
time_zone: Europe/Madrid
working_hours: {mon: ["09:00-18:00"], tue: ["09:00-18:00"], fri: ["09:00-18:00"]}
days:
  - {date: 12-26, hours: ["09:00-13:00"], name: Half day}
"""


def test_from_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "calendar.yaml").write_text(CALENDAR)
    (tmp_path / "table.csv").write_text(
        "id,created_at,answered_at\n1,2025-03-28 17:55:00,2025-03-31 09:10:00\n"
        "2,2025-12-26 12:00:00,\n"
    )
    (tmp_path / "pauses.csv").write_text(
        "id,paused_from,paused_to\n1,2025-03-31 09:00:00,2025-03-31 09:08:00\n"
    )
    command = [
        str(tmp_path / "table.csv"), "--calendar", str(tmp_path / "calendar.yaml"),
        "--start", "created_at", "--end", "answered_at", "--times", "local",
    ]  # fmt: skip
    more = [
        "--target-minutes", "240", "--read-at", "2025-12-30 10:00",
        "--out", str(tmp_path / "x.csv"), "--pauses", str(tmp_path / "pauses.csv"), "--key", "id",
    ]  # fmt: skip
    assert main([*command, *more]) == 0
    assert "breached" in capsys.readouterr().out
    # 5 minutes on Friday and 2 of 10 on Monday; 60 until 13:00, then a Monday and two hours.
    found = duckdb.sql(
        f"from '{tmp_path}/x.csv' select id, business_minutes, paused_minutes, status"
    )
    assert found.fetchall() == [(1, 7, 8, "met"), (2, 720, 0, "breached")]
    assert main([*command, "--end", "finished"]) == 2
    assert "no column 'finished'" in capsys.readouterr().err
    assert main([*command, "--out", str(tmp_path / "x.pdf")]) == 2
    assert main([*command, "--target-minutes", "1", "--target-column", "id"]) == 2

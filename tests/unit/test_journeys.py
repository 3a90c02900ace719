"""Journeys of any table: the rules, touch by touch, against a plain reading of them."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from journey_reference import Journey, Touch, all_journeys, collapsed, journeys_of, rank

from orchestration.attribution import attribute
from orchestration.journeys import JourneyError, JourneyRules, Journeys, build, build_journeys
from orchestration.journeys.__main__ import main
from orchestration.journeys.rules import STAGES

START = datetime(2025, 1, 1)
COLUMNS = {
    "person": "varchar",
    "occurred_at": "timestamp",
    "channel": "varchar",
    "touch_id": "bigint",
    "stage": "varchar",
    "is_conversion": "boolean",
    "campaign": "varchar",
    "is_click": "boolean",
    "is_visit": "boolean",
    "value": "double",
}
KEYED = tuple(COLUMNS)
PLAIN = ("person", "occurred_at", "channel", "is_conversion")
STAGED = (*PLAIN, "stage")
FEW_STARTS = JourneyRules(lapse_days=5, stall_days=2, start_stages=("consideration", "purchase"))


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def random_touches(seed: int, persons: int = 40, most: int = 40) -> list[Touch]:
    """Touches with many at one instant, and pauses of exactly the rules' lengths among them."""
    chance = random.Random(seed)
    keys = iter(chance.sample(range(-(10**6), 10**6), persons * most))
    touches = []
    for person in range(persons):
        at = START + timedelta(minutes=chance.randrange(10**5))
        for _ in range(chance.randrange(1, most)):
            at += chance.choice(
                [timedelta(0), timedelta(minutes=30), timedelta(days=1), timedelta(days=5)]
            )
            at += timedelta(microseconds=chance.choice([0, 0, 1, 10**6]))
            kind = chance.random()
            touches.append(
                {
                    "person": f"p{person}",
                    "at": at,
                    "channel": chance.choice("abcde"),
                    "id": next(keys),
                    "stage": chance.choice([*STAGES, "unknown"]),
                    "ends": kind < 0.1,
                    "campaign": chance.choice(["x", "y", None]),
                    "click": 0.1 <= kind < 0.3,
                    "visit": 0.3 <= kind < 0.6,
                    "value": float(chance.randrange(100)),
                }
            )
    return touches


def put(
    connection: duckdb.DuckDBPyConnection, touches: list[Touch], columns: tuple[str, ...], name: str
) -> str:
    """A table of touches with some of the columns."""
    names = {"occurred_at": "at", "touch_id": "id", "is_conversion": "ends", "is_click": "click"}
    names["is_visit"] = "visit"
    spec = ", ".join(f"{column} {COLUMNS[column]}" for column in columns)
    connection.execute(f"create or replace table {name} ({spec})")
    rows = [[touch[names.get(column, column)] for column in columns] for touch in touches]
    if rows:
        marks = ", ".join("?" for _ in columns)
        connection.executemany(f"insert into {name} values ({marks})", rows)
    return name


def seen(touches: list[Touch], columns: tuple[str, ...]) -> list[Touch]:
    """Touches as a table with those columns tells them."""
    hidden: Touch = {}
    if "stage" not in columns:
        hidden["stage"] = None
    if "touch_id" not in columns:
        hidden["id"] = 0
    if "is_click" not in columns:
        hidden |= {"click": False, "visit": False}
    return [{**touch, **hidden} for touch in touches]


def repeats(journey: Journey, within: timedelta) -> int:
    """Service touches that follow another one through the same channel in time."""
    last: dict[str, datetime] = {}
    count = 0
    for touch in sorted(journey.steps, key=lambda touch: touch["at"]):
        if touch["stage"] == "service":
            before = last.get(touch["channel"])
            count += before is not None and touch["at"] - before <= within
            last[touch["channel"]] = touch["at"]
    return count


def told(journey: Journey, rules: JourneyRules) -> dict[str, Any]:
    """What the table should say of a journey."""
    contacts = [*journey.contacts, *([journey.conversion] if journey.conversion else [])]
    channels = [touch["channel"] for touch in journey.contacts]
    stages = [rank(touch) for touch in journey.contacts]
    moves = list(pairwise(collapsed([rank(touch) for touch in contacts])))
    pauses = [after["at"] - before["at"] for before, after in pairwise(contacts)]
    hours = [pause / timedelta(hours=1) for pause in pauses]
    return {
        "person": journey.person,
        "journey_number": journey.number,
        "started_at": journey.steps[0]["at"],
        "last_touch_at": journey.last_at,
        "converted_at": journey.conversion["at"] if journey.conversion else None,
        "value": journey.conversion["value"] if journey.conversion else None,
        "touch_count": len(channels),
        "after_sale_count": len(journey.after_sale),
        "path": " > ".join(channels),
        "path_collapsed": " > ".join(collapsed(channels)),
        "path_unique": " > ".join(dict.fromkeys(channels)),
        "path_first": " > ".join(collapsed(channels)[: rules.first_steps]),
        "channel_count": len(set(channels)),
        "switch_count": max(len(collapsed(channels)) - 1, 0),
        "loop_count": len(collapsed(stages)) - len(set(stages)),
        "back_step_count": sum(1 <= b < a for a, b in pairwise(collapsed(stages))),
        "skipped_stage_count": sum(max(b - a - 1, 0) for a, b in moves if a >= 1),
        "stall_count": sum(pause > timedelta(days=rules.stall_days) for pause in pauses),
        "repeat_contact_count": repeats(journey, timedelta(days=rules.repeat_contact_days)),
        "median_hours_between": statistics.median(hours) if hours else None,
    }


def rows_of(journeys: Journeys) -> list[dict[str, Any]]:
    """The table's rows, in order."""
    found = journeys.journeys.order("person, journey_number")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize(
    "rules", [JourneyRules(lapse_days=5, repeat_contact_days=1, first_steps=2), FEW_STARTS]
)
@pytest.mark.parametrize("columns", [PLAIN, STAGED, KEYED], ids=["plain", "staged", "keyed"])
@pytest.mark.parametrize("keep_steps", [True, False])
def test_journeys_are_those_of_a_plain_reading_touch_by_touch(
    connection: duckdb.DuckDBPyConnection,
    columns: tuple[str, ...],
    rules: JourneyRules,
    keep_steps: bool,
) -> None:
    touches = random_touches(len(columns) + keep_steps)
    table = put(connection, touches, columns, "touches")
    found = rows_of(build_journeys(connection, table, rules, keep_steps=keep_steps))
    expected = [told(journey, rules) for journey in all_journeys(seen(touches, columns), rules)]
    expected.sort(key=lambda row: (row["person"], row["journey_number"]))
    assert len(found) == len(expected)
    for row, wanted in zip(found, expected, strict=True):
        if "value" not in columns:
            wanted.pop("value")
        median = wanted.pop("median_hours_between")
        assert row["median_hours_between"] == pytest.approx(median)
        assert {key: row[key] for key in wanted} == wanted


def test_a_key_of_any_size_is_held(connection: duckdb.DuckDBPyConnection) -> None:
    touches = random_touches(5)
    for touch in touches:
        touch["id"] *= 9 * 10**12
    table = put(connection, touches, KEYED, "touches")
    rules = JourneyRules(lapse_days=5)
    built = build_journeys(connection, table, rules)
    assert built.layout["kind"] == "struct"
    expected = [told(journey, rules)["path"] for journey in all_journeys(touches, rules)]
    assert sorted(row["path"] for row in rows_of(built)) == sorted(expected)


def test_every_touch_is_a_step_or_stands_outside_or_is_told_by_a_visit(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    touches = random_touches(3)
    table = put(connection, touches, KEYED, "touches")
    built = build_journeys(connection, table, FEW_STARTS)
    steps = built.steps.order("touch_id").fetchall()
    keys = [row[6] for row in steps]
    assert keys == sorted(touch["id"] for touch in touches)
    outside = [
        touch["id"]
        for person in {touch["person"] for touch in touches}
        for touch in journeys_of(person, [t for t in touches if t["person"] == person], FEW_STARTS)[
            1
        ]
    ]
    assert sorted(row[6] for row in steps if row[1] == 0) == sorted(outside)
    assert any(row[1] == -1 for row in steps)


@pytest.mark.parametrize("columns", [PLAIN, KEYED], ids=["plain", "keyed"])
@pytest.mark.parametrize("seed", [1, 2])
def test_touches_that_come_later_give_what_a_build_of_all_gives(
    connection: duckdb.DuckDBPyConnection, columns: tuple[str, ...], seed: int
) -> None:
    touches = random_touches(seed)
    chance = random.Random(seed)
    chance.shuffle(touches)
    rules = JourneyRules(lapse_days=5)
    built = build_journeys(connection, put(connection, touches[:-60], columns, "first"), rules)
    layout = built.layout
    built.update(put(connection, touches[-60:-3], columns, "second"))
    assert built.layout is layout
    built.update(put(connection, [], columns, "none"))
    late = [{**touch, "channel": "new", "campaign": "z"} for touch in touches[-3:]]
    late[0]["at"] = datetime(2019, 1, 1)
    built.update(put(connection, late, columns, "third"))
    table = put(connection, [*touches[:-3], *late], columns, "all_touches")
    whole = build_journeys(connection, table, rules, name="whole")
    assert rows_of(built) == rows_of(whole)
    order = "person, journey_number, step_number"
    assert built.steps.order(order).fetchall() == whole.steps.order(order).fetchall()


@pytest.mark.parametrize(
    ("seed", "columns", "rules"),
    [
        (1, STAGED, JourneyRules(lapse_days=1)),
        (4, KEYED, JourneyRules(lapse_days=float("inf"))),
        (8, KEYED, JourneyRules(lapse_days=1, click_minutes=5 * 24 * 60)),
        (12, KEYED, FEW_STARTS),
        (16, KEYED, JourneyRules(lapse_days=1)),
    ],
)
def test_history_may_come_in_pieces_some_of_them_late(
    connection: duckdb.DuckDBPyConnection,
    seed: int,
    columns: tuple[str, ...],
    rules: JourneyRules,
) -> None:
    chance = random.Random(seed)
    touches = random_touches(seed, persons=12, most=60)
    touches.sort(key=lambda touch: (touch["at"], touch["id"]))
    half = len(touches) // 2
    pieces: list[list[Touch]] = [[] for _ in range(5)]
    for place, touch in enumerate(touches):
        late = chance.random() < 0.1
        turn = 0 if place < half else 1 + (place - half) * 4 // (len(touches) - half)
        pieces[chance.randrange(1, 5) if late else turn].append(touch)
    built = build_journeys(connection, put(connection, pieces[0], columns, "first"), rules)
    known = list(pieces[0])
    order = "person, journey_number, step_number"
    for piece in pieces[1:]:
        built.update(put(connection, piece, columns, "piece"))
        known += piece
        table = put(connection, known, columns, "known")
        whole = build_journeys(connection, table, rules, name="whole")
        assert rows_of(built) == rows_of(whole)
        assert built.steps.order(order).fetchall() == whole.steps.order(order).fetchall()


def test_history_that_goes_on_lets_open_journeys_lapse(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    day = timedelta(days=1)
    touch = {"person": "a", "at": START, "channel": "x", "ends": False}
    built = build_journeys(connection, put(connection, [touch], PLAIN, "one"))
    assert [row["outcome"] for row in rows_of(built)] == ["open"]
    for after, outcome in ((30 * day, "open"), (30 * day + timedelta.resolution, "lapsed")):
        other = {**touch, "person": f"b{after}", "at": START + after}
        built.update(put(connection, [other], PLAIN, "two"))
        first = rows_of(built)[0]
        assert first["outcome"] == outcome
    assert first["ended_at"] == START + 30 * day


def test_paths_sum_to_the_journeys(connection: duckdb.DuckDBPyConnection) -> None:
    table = put(connection, random_touches(7), KEYED, "touches")
    built = build_journeys(connection, table, JourneyRules(lapse_days=5))
    rows = rows_of(built)
    paths = built.paths("path_collapsed").fetchall()
    assert sum(row[1] for row in paths) == sum(row["outcome"] == "converted" for row in rows)
    assert sum(row[3] for row in paths) == sum(row["outcome"] != "converted" for row in rows)
    assert sum(row[2] for row in paths) == sum(row["value"] or 0 for row in rows)
    with pytest.raises(JourneyError, match="no path"):
        built.paths("person")


def test_with_little_memory_persons_are_taken_in_parts(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    touches = random_touches(9)
    table = put(connection, touches, KEYED, "touches")
    rules = JourneyRules(lapse_days=5)
    whole = build_journeys(connection, table, rules, name="whole")
    monkeypatch.setattr(build, "BYTES_OF_A_TOUCH", 1 << 20)
    connection.execute("set memory_limit = '200MB'")
    assert build._parts(connection, len(touches)) > 1
    for keep_steps in (True, False):
        parted = build_journeys(connection, table, rules, keep_steps=keep_steps)
        assert rows_of(parted) == rows_of(whole)
        if keep_steps:
            order = "person, journey_number, step_number"
            assert parted.steps.order(order).fetchall() == whole.steps.order(order).fetchall()


@pytest.mark.parametrize("in_path", [True, False])
def test_paths_may_look_back_only_so_far(
    connection: duckdb.DuckDBPyConnection, in_path: bool
) -> None:
    touches = random_touches(8)
    rules = JourneyRules(lapse_days=5, conversion_in_path=in_path)
    built = build_journeys(connection, put(connection, touches, KEYED, "touches"), rules)
    expected: dict[str, list[int]] = {}
    for journey in all_journeys(touches, rules):
        sale = [journey.conversion] if journey.conversion else []
        contacts = [*journey.contacts, *sale] if in_path else journey.contacts
        near = [t for t in contacts if journey.last_at - t["at"] <= timedelta(days=1)]
        path = " > ".join(collapsed([touch["channel"] for touch in near]))
        counts = expected.setdefault(path, [0, 0])
        counts[not sale] += 1
    found = built.paths("path_collapsed", lookback_days=1).fetchall()
    assert {row[0]: [row[1], row[3]] for row in found} == expected
    with pytest.raises(JourneyError, match="no lookback"):
        built.paths("stage_path", lookback_days=1)


def test_a_person_with_very_many_touches_takes_no_longer_than_many_with_few(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        "create table many as select 1 as person, timestamp '2025-01-01' + to_minutes(i) "
        "as occurred_at, 'c' || i % 300 as channel, i % 5 = 0 as is_conversion, i as touch_id, "
        "case when i % 3 = 0 then 'service' else 'awareness' end as stage, i % 7 = 0 as is_click, "
        "i % 7 = 1 as is_visit, 'x' as campaign from range(100000) as t(i)"
    )
    started = datetime.now()
    built = build_journeys(connection, "many", FEW_STARTS)
    assert datetime.now() - started < timedelta(seconds=20)
    assert built.journeys.aggregate("count(*) filter (outcome = 'converted')").fetchall() == [
        (20000,)
    ]


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ("select 1 as who, now()::timestamp as occurred_at, 'x' as channel", "no column 'person'"),
        ("select null as person, now()::timestamp as occurred_at, 'x' as channel", "no person"),
        ("select 1 as person, null::timestamp as occurred_at, 'x' as channel", "no occurred_at"),
        ("select 1 as person, now()::timestamp as occurred_at, null as channel", "no channel"),
        (
            "select 1 as person, now()::timestamp as occurred_at, 'x' as channel, 'y' as stage",
            "another stage",
        ),
        (
            "select 1 as person, now()::timestamp as occurred_at, 'x' as channel, 'k' as touch_id",
            "whole numbers",
        ),
        (
            "select 1 as person, timestamp 'infinity' as occurred_at, 'x' as channel",
            "infinite time",
        ),
    ],
)
def test_touches_that_cannot_be_used_are_told(
    connection: duckdb.DuckDBPyConnection, select: str, message: str
) -> None:
    connection.execute(f"create table touches as {select}")
    with pytest.raises(JourneyError, match=message):
        build_journeys(connection, "touches")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lapse_days": 0}, "above 0"),
        ({"click_minutes": -1}, "0 or more"),
        ({"start_stages": ("begin",)}, "start_stages"),
        ({"start_stages": ()}, "start_stages"),
    ],
)
def test_rules_that_cannot_hold_are_told(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(JourneyError, match=message):
        replace(JourneyRules(), **changes)


def test_columns_may_have_other_names_and_files_may_be_given(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "touches.csv"
    file.write_text("user,time,medium\n1,2025-01-01 10:00:00,a\n1,2025-01-02 10:00:00,b\n")
    names = {"person": "user", "occurred_at": "time", "channel": "medium"}
    built = build_journeys(connection, file, columns=names, describe=["path"])
    assert rows_of(built)[0]["path"] == "a > b"
    with pytest.raises(JourneyError, match="not known"):
        build_journeys(connection, file, columns={**names, "chanel": "x"})
    with pytest.raises(JourneyError, match="no file"):
        build_journeys(connection, tmp_path / "none.csv")
    with pytest.raises(JourneyError, match="describe names"):
        build_journeys(connection, file, columns=names, describe=["pth"])
    with pytest.raises(JourneyError, match="not kept"):
        print(build_journeys(connection, file, columns=names, keep_steps=False).steps)


TOUCHES = """user,occurred_at,channel,stage,is_conversion,value
ana,2025-03-01 10:00,search,awareness,false,
ana,2025-03-03 18:00,email,consideration,false,
ana,2025-03-04 09:20,shop,purchase,true,120
ana,2025-03-10 12:00,chat,service,false,
ben,2025-01-05 08:00,search,consideration,false,
ben,2025-03-01 08:00,store,intent,false,
"""


def test_a_conversion_may_be_the_last_contact_of_its_path(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "touches.csv"
    file.write_text(TOUCHES)
    names = {"person": "user"}
    for in_path, path in ((False, "search > email"), (True, "search > email > shop")):
        rules = JourneyRules(conversion_in_path=in_path)
        built = build_journeys(connection, file, rules, columns=names)
        assert rows_of(built)[0]["path"] == path


def test_without_a_lapse_only_conversions_end_a_journey(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "touches.csv"
    file.write_text(TOUCHES)
    rules = JourneyRules(lapse_days=float("inf"))
    rows = rows_of(build_journeys(connection, file, rules, columns={"person": "user"}))
    assert [(row["person"], row["path"], row["outcome"]) for row in rows] == [
        ("ana", "search > email", "converted"),
        ("ben", "search > store", "open"),
    ]


def test_the_command_writes_journeys_steps_and_paths(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "touches.csv"
    file.write_text(TOUCHES)
    out, steps, paths = (tmp_path / name for name in ("j.parquet", "s.csv", "p.csv"))
    arguments = [str(file), "--column", "person=user", "--out", str(out)]
    assert main([*arguments, "--steps", str(steps), "--paths", str(paths)]) == 0
    assert "search > email" in capsys.readouterr().out
    assert duckdb.sql(f"select path from '{out}' where value = 120").fetchall() == [
        ("search > email",)
    ]
    assert [line.split(",")[4] for line in steps.read_text().splitlines()] == [
        "channel",
        *["search", "email", "shop", "chat", "search", "store"],
    ]
    credit = attribute(paths, models=("last_touch",))
    assert {row["channel"]: row["conversions"] for row in credit.credit.to_pylist()}["email"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no column 'person'"),
        (["--column", "person"], "person=user_id"),
        (["--column", "person=user", "--lapse-days", "0"], "above 0"),
        (["--column", "person=user", "--out", "journeys.xlsx"], "ends in .csv or .parquet"),
    ],
)
def test_the_command_tells_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    file = tmp_path / "touches.csv"
    file.write_text(TOUCHES)
    assert main([str(file), *arguments]) == 2
    assert message in capsys.readouterr().err

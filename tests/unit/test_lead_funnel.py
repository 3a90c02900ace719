"""The funnel of any table, against rows worked by hand and a recount in plain Python."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from orchestration.leads import FunnelError, FunnelRules, LeadFunnel, lead_funnel
from orchestration.leads.__main__ import main

STAGES = ("new", "mql", "sql", "won")
RULES = FunnelRules(stages=STAGES)
COLUMNS = {"lead": "lead_id", "stage": "status", "at": "changed_at"}
SMALL = """lead_id,status,changed_at,amount,owner
1,new,2024-01-01,100,ann
1,MQL ,2024-01-03,,
1,SQL,2024-01-10,120,
1,won,2024-01-20,,bob
2,new,2024-01-05,50,ann
2,sql,2024-01-06,,
2,mql,2024-01-08,,
2,lost,2024-02-08,,
3,new,2024-02-01,70,bob
3,mql,2024-02-04,,
4,new,2024-02-02,,bob
4,mql,2024-02-03,,
4,lost,2024-02-04,,
4,mql,2024-02-14,,
"""


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv"
    path.write_text(SMALL, encoding="utf-8")
    return path


def rows(relation: duckdb.DuckDBPyRelation, columns: str) -> list[tuple[Any, ...]]:
    return relation.select(columns).fetchall()


def test_entries_tell_how_each_lead_moved(
    connection: duckdb.DuckDBPyConnection, small: Path
) -> None:
    funnel = lead_funnel(connection, small, RULES, columns=COLUMNS)
    told = "lead_id, stage, days_in_stage, transition_type, skipped_stages"
    assert rows(funnel.entries, told) == [
        ("1", "new", 2.0, "start", None),
        ("1", "mql", 7.0, "forward", None),
        ("1", "sql", 10.0, "forward", None),
        ("1", "won", None, "forward", None),
        ("2", "new", 1.0, "start", None),
        ("2", "sql", 2.0, "skip", "mql"),
        ("2", "mql", 31.0, "reversal", None),
        ("2", "lost", None, "ended", None),
        ("3", "new", 3.0, "start", None),
        ("3", "mql", None, "forward", None),
        ("4", "new", 1.0, "start", None),
        ("4", "mql", 1.0, "forward", None),
        ("4", "lost", 10.0, "ended", None),
        ("4", "mql", None, "reentry", None),
    ]  # fmt: skip
    assert rows(funnel.entries.filter("stage_entry_number > 1"), "lead_id, stage") == [("4", "mql")]
    assert funnel.as_of == datetime(2024, 2, 14)


def test_the_funnel_counts_reached_and_seen(
    connection: duckdb.DuckDBPyConnection, small: Path
) -> None:
    funnel = lead_funnel(connection, small, RULES, columns=COLUMNS)
    told = "cohort, stage, lead_count, reached_count, seen_count, reached_amount"
    assert rows(funnel.cohorts(), told)[:4] == [
        ("2024-01-01", "new", 2, 2, 2, 170.0),
        ("2024-01-01", "mql", 2, 2, 2, 170.0),
        ("2024-01-01", "sql", 2, 2, 2, 170.0),
        ("2024-01-01", "won", 2, 1, 1, 120.0),
    ]
    by_owner = rows(funnel.cohorts("owner").filter("stage = 'won'"), "cohort, reached_count")
    assert by_owner == [("ann", 0), ("bob", 1)]
    whole = rows(funnel.cohorts(None), "stage, conversion_from_previous, conversion_from_start")
    assert whole == [("new", None, 1.0), ("mql", 1.0, 1.0), ("sql", 0.5, 0.5), ("won", 0.5, 0.25)]


def test_a_skipped_stage_is_reached_and_not_seen(connection: duckdb.DuckDBPyConnection) -> None:
    events = pd.DataFrame(
        [("a", "new", "2024-01-01"), ("a", "won", "2024-01-02")], columns=["lead", "stage", "at"]
    )
    funnel = lead_funnel(connection, events, RULES)
    assert rows(funnel.cohorts(None), "stage, reached_count, seen_count") == [
        ("new", 1, 1), ("mql", 1, 0), ("sql", 1, 0), ("won", 1, 1),
    ]  # fmt: skip
    assert rows(funnel.entries, "skipped_stages")[1] == ("mql > sql",)


def test_periods_balance(connection: duckdb.DuckDBPyConnection, small: Path) -> None:
    funnel = lead_funnel(connection, small, RULES, columns=COLUMNS)
    told = "period::varchar, stage, opening_count, entered_count, left_count, closing_count"
    assert rows(funnel.periods, told) == [
        ("2024-01-01", "new", 0, 2, 2, 0),
        ("2024-01-01", "mql", 0, 2, 1, 1),
        ("2024-01-01", "sql", 0, 2, 2, 0),
        ("2024-01-01", "won", 0, 1, 0, 1),
        ("2024-02-01", "new", 0, 2, 2, 0),
        ("2024-02-01", "mql", 1, 3, 2, 2),
        ("2024-02-01", "won", 1, 0, 0, 1),
        ("2024-02-01", "lost", 0, 2, 1, 1),
    ]


def test_odds_and_forecast(connection: duckdb.DuckDBPyConnection, small: Path) -> None:
    funnel = lead_funnel(connection, small, RULES, columns=COLUMNS)
    told = "stage, entered_count, open_count, ended_count, won_count, win_odds"
    assert rows(funnel.odds, told) == [
        ("new", 4, 2, 2, 1, 0.5), ("mql", 4, 2, 2, 1, 0.5), ("sql", 2, 0, 2, 1, 0.5),
    ]  # fmt: skip
    # Lead 1 took 17 days from mql to won; leads 3 and 4 have been there for 10 and 11.
    told = "lead_id, win_odds, amount, expected_amount, expected_close_at"
    assert rows(funnel.forecast, told) == [
        ("3", 0.5, 70.0, 35.0, datetime(2024, 2, 21)),
        ("4", 0.5, None, None, datetime(2024, 2, 20)),
    ]
    summed = rows(
        funnel.forecast_by("owner"),
        "owner, open_count, unknown_amount_count, expected_won_count, expected_amount",
    )
    assert summed == [("bob", 2, 1, 1.0, 35.0)]


def test_odds_need_endings_and_losses(connection: duckdb.DuckDBPyConnection) -> None:
    """A table that tells of won leads only says nothing of odds."""
    events = pd.DataFrame(
        [(f"l{n}", "new", "2024-01-01") for n in range(9)]
        + [(f"l{n}", "won", "2024-01-09") for n in range(4)],
        columns=["lead", "stage", "at"],
    )
    won_only = lead_funnel(connection, events, RULES)
    assert rows(won_only.odds, "win_odds, is_trusted, open_count") == [(1.0, False, 5)]
    assert set(rows(won_only.forecast, "win_odds")) == {(None,)}
    lost = pd.concat(
        [events, pd.DataFrame([("l8", "lost", "2024-01-05")], columns=["lead", "stage", "at"])]
    )
    assert rows(lead_funnel(connection, lost, RULES).odds, "win_odds, is_trusted") == [(0.8, True)]
    few = FunnelRules(stages=STAGES, min_ended=6)
    assert rows(lead_funnel(connection, lost, few).odds, "is_trusted") == [(False,)]


def random_events(seed: int, leads: int = 400) -> pd.DataFrame:
    """Leads that wander through stages, with ties, repeats and unknown times."""
    dice = random.Random(seed)
    told = []
    for number in range(leads):
        at = datetime(2023, 1, 1) + timedelta(hours=dice.randrange(24 * 300))
        for _ in range(dice.randint(1, 7)):
            stage = dice.choices((*STAGES, "lost", "recycled"), (5, 5, 4, 2, 2, 1))[0]
            told.append((f"l{number}", stage, at, dice.randrange(1000)))
            at += timedelta(hours=dice.choice((0, 1, 30, 300, 2000)))
    frame = pd.DataFrame(told, columns=["lead", "stage", "at", "amount"])
    frame["order"] = range(len(frame))
    return frame.sample(frac=1, random_state=seed)


def recount(events: pd.DataFrame) -> dict[str, list[tuple[str, datetime]]]:
    """Each lead's entries: stage and time, repeats left out."""
    entries: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for lead, stage, at, *_ in events.sort_values(["at", "order"]).itertuples(index=False):
        if not entries[lead] or entries[lead][-1][0] != stage:
            entries[lead].append((stage, at))
    return entries


@pytest.fixture(params=[1, 2, 3])
def wandering(
    request: pytest.FixtureRequest, connection: duckdb.DuckDBPyConnection
) -> tuple[pd.DataFrame, LeadFunnel]:
    events = random_events(request.param)
    rules = FunnelRules(stages=STAGES, within_days=40)
    return events, lead_funnel(connection, events, rules)


def test_reached_and_seen_equal_a_recount(wandering: tuple[pd.DataFrame, LeadFunnel]) -> None:
    events, funnel = wandering
    entries = recount(events)
    expected = defaultdict(lambda: [0, 0, 0])
    for steps in entries.values():
        cohort = steps[0][1].strftime("%Y-%m-01")
        places = [STAGES.index(stage) for stage, _ in steps if stage in STAGES]
        for place, stage in enumerate(STAGES):
            cell = expected[cohort, stage]
            cell[0] += 1
            cell[1] += bool(places) and max(places) >= place
            cell[2] += place in places
    told = rows(funnel.cohorts(), "cohort, stage, lead_count, reached_count, seen_count")
    assert {(c, s): list(counts) for c, s, *counts in told} == dict(expected)


def test_periods_equal_a_recount(wandering: tuple[pd.DataFrame, LeadFunnel]) -> None:
    """Closings are recounted from where each lead stood at the end of each month."""
    events, funnel = wandering
    entries = recount(events)
    closing = {
        (period, stage): count
        for period, stage, count in rows(funnel.periods, "period, stage, closing_count")
    }
    for period in sorted({period for period, _ in closing}):
        end = (pd.Timestamp(period) + pd.offsets.MonthBegin(1)).to_pydatetime()
        standing: dict[str, int] = defaultdict(int)
        for steps in entries.values():
            before = [stage for stage, at in steps if at < end]
            if before:
                standing[before[-1]] += 1
        held = {stage: count for (p, stage), count in closing.items() if p == period and count}
        assert held == dict(standing)
    balance = "opening_count + entered_count - left_count <> closing_count"
    assert funnel.periods.filter(balance).fetchall() == []


def test_velocity_equals_a_recount(wandering: tuple[pd.DataFrame, LeadFunnel]) -> None:
    events, funnel = wandering
    days, reversed_count = [], 0
    for steps in recount(events).values():
        first = {}
        for stage, at in steps:
            first.setdefault(stage, at)
        if "mql" in first and "won" in first:
            taken = (first["won"] - first["mql"]).total_seconds() / 86400
            days += [taken] if taken >= 0 else []
            reversed_count += taken < 0
    told = "timed_count, reversed_count, median_days, p90_days, mean_days"
    ((timed, back, *spread),) = rows(
        funnel.velocity().filter("from_stage = 'mql' and to_stage = 'won'"), told
    )
    assert (timed, back) == (len(days), reversed_count)
    expected = [np.quantile(days, 0.5), np.quantile(days, 0.9), np.mean(days)]
    assert spread == pytest.approx(expected, abs=1e-7)


def stays_of(events: pd.DataFrame, stage: str) -> list[tuple[float, str]]:
    """Days from the first time in a stage until the end of the lead (else of history)."""
    stays = []
    for steps in recount(events).values():
        began = [at for name, at in steps if name == stage]
        if began:
            name, at = steps[-1]
            ended = name in ("won", "lost")
            until = at if ended else events["at"].max()
            stays.append(((until - began[0]).total_seconds() / 86400, name if ended else "open"))
    return stays


def incidence(stays: list[tuple[float, str]], begin: float, end: float) -> float:
    """Aalen and Johansen: share won in [begin, end] of those under way at begin."""
    surviving, won = 1.0, 0.0
    for length in sorted({days for days, _ in stays if begin <= days <= end}):
        at_risk = sum(days >= length for days, _ in stays)
        now = [what for days, what in stays if days == length]
        won += surviving * now.count("won") / at_risk
        surviving *= 1 - (len(now) - now.count("open")) / at_risk
    return won


def test_odds_equal_a_recount(wandering: tuple[pd.DataFrame, LeadFunnel]) -> None:
    events, funnel = wandering
    told = rows(funnel.odds, "stage, ended_count, open_count, win_odds, win_odds_within")
    assert [stage for stage, *_ in told] == ["new", "mql", "sql", "recycled"]
    for stage, ended, still_open, odds, within in told:
        stays = stays_of(events, stage)
        outcomes = [what for _, what in stays]
        assert ended == len(outcomes) - outcomes.count("open")
        assert still_open == outcomes.count("open")
        assert odds == pytest.approx(outcomes.count("won") / ended)
        assert within == pytest.approx(incidence(stays, 0, 40), abs=1e-8)


def test_odds_at_an_age_equal_a_recount(wandering: tuple[pd.DataFrame, LeadFunnel]) -> None:
    events, funnel = wandering
    told = rows(funnel.forecast, "stage, age_days, win_odds_at_age, at_risk_count")
    assert len(told) > 100
    for stage, age, odds, at_risk in told[::7]:
        stays = stays_of(events, stage)
        assert at_risk == sum(days >= age for days, _ in stays)
        assert odds == pytest.approx(incidence(stays, age, float("inf")), abs=1e-8)


def test_history_that_ends_earlier_knows_nothing_of_later(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """As of a day, all results equal those of a table that ends there."""
    events = random_events(5)
    day = datetime(2023, 7, 1)
    known = events[events["at"] <= day]
    past = lead_funnel(connection, events, RULES, as_of=day, name="past")
    cut = lead_funnel(connection, known, RULES, as_of=day, name="cut")
    assert past.counts["later"] == len(events) - len(known) > 0
    for result in ("entries", "leads", "odds", "forecast", "ageing", "periods"):
        assert getattr(past, result).fetchall() == getattr(cut, result).fetchall()


def test_the_order_of_rows_changes_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    events = random_events(6)
    one = lead_funnel(connection, events, RULES, name="one")
    other = lead_funnel(connection, events.sort_values("amount"), RULES, name="other")
    for result in ("entries", "odds", "ageing"):
        assert getattr(one, result).fetchall() == getattr(other, result).fetchall()


SALES = """opportunity_id,sales_agent,deal_stage,engage_date,close_date,close_value
a,Moses,Won,2016-10-20,2017-03-01,1054
b,Darcel,Won,2016-10-25,2016-10-20,4514
c,Darcel,Lost,2016-11-01,2016-11-11,0
d,Moses,Engaging,2016-11-10,,
e,Moses,Prospecting,,,
f,Zane,Won,2016-11-12,,55
"""


def test_a_table_with_a_row_per_lead(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """As CRMs export pipelines: a date per stage, one for both ends, and where the lead stands."""
    path = tmp_path / "pipeline.csv"
    path.write_text(SALES, encoding="utf-8")
    funnel = lead_funnel(
        connection,
        path,
        FunnelRules(stages=("Prospecting", "Engaging", "Won"), odds="age"),
        columns={
            "lead": "opportunity_id", "stage": "deal_stage", "closed": "close_date",
            "owner": "sales_agent", "amount": "close_value",
        },
        dates={"Engaging": "engage_date"},
    )  # fmt: skip
    assert rows(funnel.outcomes(None), "lead_count, won_count, lost_count, open_count") == [
        (6, 3, 1, 2)
    ]
    assert rows(funnel.cohorts(None), "stage, reached_count, seen_count") == [
        ("Prospecting", 6, 1), ("Engaging", 5, 5), ("Won", 3, 3),
    ]  # fmt: skip
    # b closed before it was engaged: it is won all the same, and its days are not told.
    velocity = funnel.velocity().filter("from_stage = 'Engaging' and to_stage = 'Won'")
    assert rows(velocity, "timed_count, reversed_count, undated_count, median_days") == [
        (1, 1, 1, 132.0)
    ]
    assert rows(funnel.leads.filter("lead_id = 'b'"), "outcome, ended_at") == [
        ("won", datetime(2016, 10, 25))
    ]
    assert rows(funnel.ageing, "lead_id, stage, age_band, owner") == [
        ("e", "Prospecting", "unknown", "Moses"), ("d", "Engaging", "90 to 179 days", "Moses"),
    ]  # fmt: skip
    assert funnel.counts["undated"] == 2


def test_a_column_named_closed_counts_only_where_it_is_given(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    table = pd.DataFrame([("a", "2024-01-01", True)], columns=["lead", "seen", "closed"])
    funnel = lead_funnel(connection, table, RULES, dates={"new": "seen"})
    assert rows(funnel.leads, "outcome") == [("open",)]


def test_statuses_are_mapped(connection: duckdb.DuckDBPyConnection, small: Path) -> None:
    mapping = {"Mql": "marketing", "sql": "sales", "won": "customer", "new": None}
    rules = FunnelRules(stages=("marketing", "sales", "customer"), mapping=mapping)
    funnel = lead_funnel(connection, small, rules, columns=COLUMNS)
    assert rows(funnel.cohorts(None), "stage, reached_count") == [
        ("marketing", 4), ("sales", 2), ("customer", 1),
    ]  # fmt: skip
    assert funnel.counts["ignored"] == 4 and funnel.unmapped.fetchall() == []


@pytest.mark.parametrize(("how", "stage"), [("list", "unmapped"), ("ignore", "new")])
def test_statuses_without_stage_are_listed(
    connection: duckdb.DuckDBPyConnection, how: Any, stage: str
) -> None:
    events = pd.DataFrame(
        [("a", "new", "2024-01-01"), ("a", "Parked", "2024-01-02")], columns=["lead", "stage", "at"]
    )
    rules = FunnelRules(stages=STAGES, unmapped=how)
    funnel = lead_funnel(connection, events, rules)
    assert rows(funnel.unmapped, "status, event_count, lead_count") == [("Parked", 1, 1)]
    assert rows(funnel.leads, "current_stage, outcome") == [(stage, "open")]


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("lead,stage,at\na,Parked,2024-01-01\n", {}, "'Parked' \\(1x, row 2\\)"),
        ("lead,stage,at\na,new,2024-01-01\nb,new,soon\n", {}, "1 values of at .*row 3: 'soon'"),
        ("lead,stage,at\na,new,2024-01-01\n,new,2024-01-01\n", {}, "lead .*row 3"),
        ("lead,step,at\na,new,2024-01-01\n", {}, "no column 'stage' for stage; it has lead, step"),
        ("lead,stage,at,amount\na,new,2024-01-01,1 EUR\n", {}, "values of amount .*'1 EUR'"),
        ("lead,stage,at\na,new,\n", {}, "no event has both a stage and a time"),
        ("lead,a\nx,2024-01-01\nx,2024-01-02\n", {"dates": {"new": "a"}}, "in one row.*row 2: 'x'"),
        ("lead,a\nx,2024-01-01\n", {"dates": {"none": "a"}}, "'none', which is none of the stages"),
        ("lead,stage,at\na,new,2024-01-01\n", {"columns": {"person": "lead"}}, "not known"),
    ],
)
def test_what_cannot_be_used_is_refused(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    text: str,
    arguments: dict[str, Any],
    message: str,
) -> None:
    path = tmp_path / "events.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FunnelError, match=message) as refused:
        lead_funnel(connection, path, RULES, **arguments)
    assert arguments or str(refused.value).startswith(str(path))


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"stages": ("won",)}, "fewer than two"),
        ({"stages": ("a", "b"), "lost": ("B",)}, "name each stage once"),
        ({"stages": ("a", "b"), "won": ("c",)}, "won names"),
        ({"stages": ("a", "b"), "mapping": {"x": "c"}}, "'x' the stage 'c'"),
        ({"age_bands": (30, 7)}, "ascending"),
        ({"time_zone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"min_ended": 0}, "1 or more"),
        ({"within_days": -1.0}, "within_days"),
    ],
)
def test_rules_that_cannot_hold_are_refused(rules: dict[str, Any], message: str) -> None:
    with pytest.raises(FunnelError, match=message):
        FunnelRules(**rules)


def test_times_with_offset_and_other_formats(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Process logs name offsets; months are those of the time zone asked for."""
    path = tmp_path / "log.csv"
    path.write_text(
        "lead,stage,at\na,new,2011-10-01T00:38:44.546+02:00\na,won,2011-10-01T02:00:00Z\n",
        encoding="utf-8",
    )
    funnel = lead_funnel(connection, path, RULES)
    assert rows(funnel.leads, "cohort, first_entered_at") == [
        ("2011-09-01", datetime(2011, 9, 30, 22, 38, 44, 546000))
    ]
    local = FunnelRules(stages=STAGES, time_zone="Europe/Amsterdam")
    assert rows(lead_funnel(connection, path, local).leads, "cohort") == [("2011-10-01",)]
    path.write_text("lead,stage,at\na,new,31.12.2023 23:59\n", encoding="utf-8")
    written = lead_funnel(connection, path, RULES, time_format="%d.%m.%Y %H:%M")
    assert rows(written.leads, "first_entered_at") == [(datetime(2023, 12, 31, 23, 59),)]


def test_repeats_can_be_kept(connection: duckdb.DuckDBPyConnection) -> None:
    events = pd.DataFrame(
        [("a", "new", "2024-01-01"), ("a", "new", "2024-01-02")], columns=["lead", "stage", "at"]
    )
    for keep, count in ((False, 1), (True, 2)):
        rules = FunnelRules(stages=STAGES, keep_repeats=keep)
        assert lead_funnel(connection, events, rules).counts["entries"] == count


def test_the_command_prints_and_writes(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    wanted = ["--lead", "lead_id", "--stage", "status", "--at", "changed_at"]
    stages = ["--stages", "new,mql,sql,won"]
    assert main([str(small), *wanted, *stages, "--out", str(out)]) == 0
    assert "4 leads, 14 entries" in capsys.readouterr().out
    written = pd.read_csv(out / "funnel.csv")
    assert list(written["reached_count"]) == [4, 4, 2, 1]
    assert len(pd.read_csv(out / "forecast.csv")) == 2
    assert main([str(small), *wanted, "--stages", "new,won"]) == 2
    assert "statuses are no stage" in capsys.readouterr().err
    assert main([str(tmp_path / "none.csv"), *wanted]) == 2
    assert "There is no file" in capsys.readouterr().err

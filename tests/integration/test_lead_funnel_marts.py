"""Funnel, velocity, ageing and forecast of the sample company, recounted and against its truth."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pytest
from questions_asked import rows

from orchestration.leads import FunnelRules, LeadFunnel, lead_funnel

STAGES = ("captured", "engaged", "mql", "sal", "sql", "opportunity", "won")
ENDED = {"won": "won", "lost": "lost", "rejected": "lost"}


@pytest.fixture(scope="module")
def steps(marts: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, datetime]]]:
    """Stages of every counted lead with their times, in order; those of inferred leads too."""
    found: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for lead, stage, at in rows(
        marts,
        "select lead_id, stage, entered_at from marts.fct_lead_stage as entries "
        "inner join marts.fct_lead as lead using (lead_key) "
        "where lead.is_counted order by lead_id, entry_number",
    ):
        found[lead].append((stage, at))
    return found


@pytest.fixture(scope="module")
def stated(marts: duckdb.DuckDBPyConnection) -> dict[str, dict[str, datetime]]:
    """First time that a source states of each counted lead in each stage."""
    found: dict[str, dict[str, datetime]] = defaultdict(dict)
    for lead, stage, at in rows(
        marts,
        "select lead_id, stage, min(entered_at) from marts.fct_lead_stage as entries "
        "inner join marts.fct_lead as lead using (lead_key) "
        "where lead.is_counted and is_time_stated group by all",
    ):
        found[lead][stage] = at
    return found


@pytest.fixture(scope="module")
def inferred(marts: duckdb.DuckDBPyConnection) -> set[str]:
    """Leads that stand for deals."""
    return {lead for (lead,) in rows(marts, "select lead_id from marts.fct_lead where is_inferred")}


@pytest.fixture(scope="module")
def zones(marts: duckdb.DuckDBPyConnection) -> dict[str, ZoneInfo]:
    """Time zone of each lead's market."""
    return {
        lead: ZoneInfo(zone)
        for lead, zone in rows(
            marts, "select lead_code, time_zone from warehouse.intermediate.int_lead__leads_unioned"
        )
    }


@pytest.fixture(scope="module")
def library(marts: duckdb.DuckDBPyConnection) -> LeadFunnel:
    """The library on the entries of the warehouse."""
    with_order = marts.sql(
        "select lead.lead_id as lead, stage, entered_at as at, entry_number as order, "
        "lead.lead_source as source from marts.fct_lead_stage as entries "
        "inner join marts.fct_lead as lead using (lead_key) "
        "where lead.is_counted and not lead.is_inferred"
    )
    return lead_funnel(marts, with_order, FunnelRules(unmapped="list"), name="library")


def month(at: datetime, zone: ZoneInfo) -> date:
    return at.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date().replace(day=1)


def test_cohorts_equal_a_recount(
    marts: duckdb.DuckDBPyConnection,
    steps: dict[str, list[tuple[str, datetime]]],
    zones: dict[str, ZoneInfo],
    inferred: set[str],
) -> None:
    expected: dict[date, list[int]] = defaultdict(lambda: [0] * 13)
    for lead, entries in steps.items():
        if lead in inferred:
            continue
        counts = expected[month(entries[0][1], zones[lead])]
        counts[0] += 1
        seen = {stage for stage, _ in entries}
        furthest = max(STAGES.index(stage) for stage in seen if stage in STAGES)
        for place in range(1, 7):
            counts[place] += furthest >= place
            counts[place + 6] += STAGES[place] in seen
    told = ", ".join(
        f"sum({how}_{stage}_count)::bigint"
        for how in ("reached", "entered")
        for stage in STAGES[1:]
    )
    held = rows(
        marts,
        f"select month_start_date, sum(lead_count)::bigint, {told} "
        "from marts.fct_lead_funnel_monthly group by 1 having sum(lead_count) > 0",
    )
    assert {first: counts for first, *counts in held} == dict(expected)


def test_months_close_with_where_the_leads_stand(
    marts: duckdb.DuckDBPyConnection,
    steps: dict[str, list[tuple[str, datetime]]],
    zones: dict[str, ZoneInfo],
) -> None:
    """At the end of each month, in the time zone of its market, every lead stands in one stage."""
    held: dict[date, dict[str, int]] = defaultdict(dict)
    for first, stage, count in rows(
        marts,
        "select month_start_date, stage, sum(closing_count)::bigint "
        "from marts.fct_lead_stage_monthly "
        "where month_start_date > date '1900-01-01' group by all",
    ):
        held[first][stage] = count
    assert len(held) >= 12
    for first, stages in held.items():
        standing: dict[str, int] = defaultdict(int)
        for lead, entries in steps.items():
            begun = [stage for stage, at in entries if at and month(at, zones[lead]) <= first]
            if begun:
                standing[begun[-1]] += 1
        assert {stage: count for stage, count in stages.items() if count} == dict(standing)


def test_velocity_equals_a_recount(
    marts: duckdb.DuckDBPyConnection,
    stated: dict[str, dict[str, datetime]],
    zones: dict[str, ZoneInfo],
) -> None:
    days: dict[date, list[float]] = defaultdict(list)
    for lead, first in stated.items():
        if {"mql", "sal"} <= set(first) and first["sal"] >= first["mql"]:
            taken = (first["sal"] - first["mql"]).total_seconds() / 86400
            days[month(first["sal"], zones[lead])].append(taken)
    held = rows(
        marts,
        "select month_start_date, timed_count, median_days, p90_days, mean_days "
        "from marts.lead_velocity "
        "where from_stage = 'mql' and to_stage = 'sal' and timed_count > 0",
    )
    assert {first: count for first, count, *_ in held} == {m: len(d) for m, d in days.items()}
    for first, _, *spread in held:
        taken = days[first]
        expected = [np.quantile(taken, 0.5), np.quantile(taken, 0.9), np.mean(taken)]
        assert spread == pytest.approx(expected, abs=1e-6)


def test_the_library_tells_the_same(marts: duckdb.DuckDBPyConnection, library: LeadFunnel) -> None:
    """Warehouse and library render the same macros; on the same entries they agree."""
    sums = ", ".join(f"sum(reached_{s}_count), sum(entered_{s}_count)" for s in STAGES[1:])
    held = rows(marts, f"select {sums} from marts.fct_lead_funnel_monthly")[0]
    told = library.cohorts(None).filter("stage_rank > 1").select("reached_count, seen_count")
    assert list(held) == [count for pair in told.fetchall() for count in pair]
    moves = "lead_id, entry_number, transition_type, skipped_stages"
    assert library.entries.select(moves).fetchall() == rows(
        marts,
        f"select {moves} from marts.fct_lead_stage as entries "
        "inner join marts.fct_lead as lead using (lead_key) "
        "where lead.is_counted and not lead.is_inferred order by lead_id, entry_number",
    )
    odds = "stage, entered_count, open_count, ended_count, won_count, win_odds, win_odds_low"
    assert sorted(library.odds.select(odds).fetchall()) == rows(
        marts,
        f"select {odds} from marts.pipeline_stage_odds "
        "where is_latest and basis = 'stage' and record_kind = 'lead' order by stage",
    )


@pytest.fixture(scope="module")
def deals(marts: duckdb.DuckDBPyConnection) -> list[tuple[datetime, datetime | None, bool | None]]:
    """Deals as truth knows them: opened, closed, won."""
    return rows(marts, "select opened_at, closed_at, is_won from truth.opportunity")


@pytest.fixture(scope="module")
def month_ends(marts: duckdb.DuckDBPyConnection) -> list[datetime]:
    """Instants of the back-test."""
    told = rows(
        marts,
        "select distinct as_of_at from marts.pipeline_stage_odds where not is_latest order by 1",
    )
    assert len(told) >= 6
    return [at for (at,) in told]


def test_odds_of_past_months_know_only_what_was_known(
    marts: duckdb.DuckDBPyConnection,
    deals: list[tuple[datetime, datetime | None, bool | None]],
    month_ends: list[datetime],
) -> None:
    """Of the deals that truth closed before a month's end, the won share; no later one counts."""
    for at in month_ends:
        ended = [won for _, closed, won in deals if closed and closed < at]
        begun = [1 for opened, _, _ in deals if opened < at]
        held = rows(
            marts,
            "select entered_count, ended_count, won_count from marts.pipeline_stage_odds "
            f"where as_of_at = timestamp '{at}' and basis = 'funnel_stage' "
            "and record_kind = 'deal'",
        )
        expected = [(len(begun), len(ended), sum(map(bool, ended)))] if begun else []
        assert held == expected


def test_the_back_test_tells_what_truly_came(
    marts: duckdb.DuckDBPyConnection,
    deals: list[tuple[datetime, datetime | None, bool | None]],
    month_ends: list[datetime],
) -> None:
    """Deals under way at each month's end, and what truth says became of them."""
    for at in month_ends:
        under_way = [
            ("open" if closed is None else "won" if won else "lost")
            for opened, closed, won in deals
            if opened < at and (closed is None or closed >= at)
        ]
        told = rows(
            marts,
            "select sum(under_way_count), sum(won_count), sum(lost_count), sum(still_open_count) "
            "from marts.pipeline_forecast_evaluation "
            f"where record_kind = 'deal' and as_of_at = timestamp '{at}'",
        )
        counts = [len(under_way), *(under_way.count(o) for o in ("won", "lost", "open"))]
        assert [int(value or 0) for value in told[0]] == counts


def test_the_forecast_holds_the_deals_that_are_open(marts: duckdb.DuckDBPyConnection) -> None:
    """Deals that truth left open, with their true amounts (in the sample's main currency)."""
    true = rows(
        marts,
        "select count(*), coalesce(sum(amount_eur), 0) from truth.opportunity "
        "where closed_at is null",
    )[0]
    held = rows(
        marts,
        "select count(*), coalesce(sum(amount), 0) from marts.fct_pipeline_forecast "
        "where record_kind = 'deal'",
    )[0]
    assert held[0] == true[0]
    assert held[1] == pytest.approx(true[1], rel=0.02)


def test_ages_are_counted_to_the_end_of_the_data(
    marts: duckdb.DuckDBPyConnection, steps: dict[str, list[tuple[str, datetime]]]
) -> None:
    held: dict[str, tuple[Any, ...]] = {
        lead: found
        for lead, *found in rows(
            marts,
            "select lead_id, stage, as_of_at, stage_entered_at, days_in_stage, "
            "ageing.captured_at, days_since_capture from marts.fct_lead_ageing as ageing "
            "inner join marts.fct_lead using (lead_key)",
        )
    }
    assert set(held) == {lead for lead, entries in steps.items() if entries[-1][0] not in ENDED}
    for lead, (stage, as_of, *ages) in held.items():
        last, entered = steps[lead][-1]
        assert stage == last and ages[0] in (entered, None)
        for begun, days in (ages[:2], ages[2:]):
            expected = None if begun is None else (as_of - begun).total_seconds() / 86400
            assert days == (None if expected is None else pytest.approx(expected))

"""The scorecard of the service-level agreement and Q34 on the sample company, against its truth.

Who is one person is the warehouse's to find: volumes and shares are compared for the leads that it
counts. Everything else is reckoned from the truth alone.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from questions_asked import asked, rows

from orchestration.lib.companies import COMPANIES_DIR, read_company

ORDER = ["marketing", "sales", "joint", "service"]


@pytest.fixture(scope="module")
def agreed(known: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The marts with `zone`, and `counted`: leads that count, with the truth of their records."""
    company = read_company(COMPANIES_DIR / "sample" / "company.yaml")
    known.execute("create or replace temp table zone (market varchar, time_zone varchar)")
    known.executemany(
        "insert into zone values (?, ?)", [(m.code, m.time_zone) for m in company.markets]
    )
    known.execute("""
        create or replace temp macro month_of(instant, zone) as
            date_trunc('month', timezone(zone, timezone('UTC', instant)))::date;
        create or replace temp table counted as
        select standing.lead_key, any_value(standing.mql_at) as held_mql_at,
            any_value(time_zone) as time_zone, min(lead.mql_at) as mql_at,
            min(lead.sal_at) as sal_at, min(lead.won_at) as won_at
        from truth.lead inner join marts.fct_lead as records using (record_id)
        inner join marts.fct_lead as standing on standing.lead_key = case
            when records.duplicate_of_lead_key = -1 then records.lead_key
            else records.duplicate_of_lead_key end
        inner join zone on zone.market = standing.market_code
        where standing.is_counted group by standing.lead_key
    """)
    return known


def cards(agreed: duckdb.DuckDBPyConnection, code: str, *columns: str) -> dict[Any, Any]:
    """Columns of a commitment's score by month, months without anything left out."""
    found = rows(
        agreed,
        f"select month_date, {', '.join(columns)} from marts.fct_sla_scorecard_monthly "
        f"where commitment_code = '{code}' order by version",
    )
    return {month: told for month, *told in found if any(told)}


def test_scores_of_clocks_and_fields_are_those_of_truth(
    agreed: duckdb.DuckDBPyConnection,
) -> None:
    """What is over counts alike; what nothing stopped by the end is checked where clocks are."""
    assert not rows(
        agreed,
        """
        with truly as (
            select commitment_code, version, month_of(started_at, time_zone) as month_date,
                count(*) filter (sla.status = 'met') as met_count,
                count(*) filter (sla.status = 'cancelled') as cancelled_count,
                count(*) filter (sla.status <> 'cancelled') as started_count,
                quantile_cont(elapsed_minutes, 0.5) filter (sla.status in ('met', 'breached'))
                    as p50, quantile_cont(elapsed_minutes, 0.95) filter (
                    sla.status in ('met', 'breached')) as p95,
                bool_and(ended_at is not null or sla.status = 'cancelled') as is_over
            from truth.sla inner join zone using (market) group by all
        )
        select commitment_code, month_date, truly.*, scores.met_count, scores.p50_business_minutes
        from marts.fct_sla_scorecard_monthly as scores
        full join truly using (commitment_code, version, month_date)
        where coalesce(scores.measure, 'time') in ('time', 'completeness')
            and scores.kind is distinct from 'service'
            and (scores.commitment_code is null
                or scores.met_count <> coalesce(truly.met_count, 0)
                or scores.cancelled_count <> coalesce(truly.cancelled_count, 0)
                or scores.started_count <> coalesce(truly.started_count, 0)
                or (is_over and (abs(p50 - p50_business_minutes) > 0.001
                    or abs(p95 - p95_business_minutes) > 0.001)))
        """,
    )


def test_volumes_and_shares_count_each_person_once(agreed: duckdb.DuckDBPyConnection) -> None:
    assert not rows(
        agreed,
        "select lead_key from counted where mql_at is distinct from held_mql_at",
    )
    truly = {
        month: told
        for month, *told in rows(
            agreed,
            "select month_of(mql_at, time_zone), count(*), count(sal_at), count(won_at) "
            "from counted where mql_at is not null group by 1",
        )
    }
    volume = cards(agreed, "mql_volume", "achieved_count")
    assert volume == {month: told[:1] for month, told in truly.items()}
    accepted = cards(agreed, "mql_acceptance", "started_count", "met_count")
    assert accepted == {month: told[:2] for month, told in truly.items()}
    won = cards(agreed, "mql_to_won", "started_count", "met_count")
    assert won == {month: [told[0], told[2]] for month, told in truly.items()}


def test_joint_goals_add_up_deals(agreed: duckdb.DuckDBPyConnection) -> None:
    """Amounts are within the rounding of another currency."""
    won, opened = (
        dict(
            rows(
                agreed,
                f"select month_of({at}, time_zone), sum(amount_eur) "
                "from truth.opportunity inner join zone using (market) "
                f"where {at} is not null and {which} group by 1",
            )
        )
        for at, which in (("closed_at", "is_won"), ("opened_at", "true"))
    )
    held = {
        month: told[0] for month, told in cards(agreed, "won_amount", "achieved_amount").items()
    }
    assert held == pytest.approx(won, rel=1e-3)
    closed = dict(
        rows(
            agreed,
            "select month_of(closed_at, time_zone), sum(amount_eur) from truth.opportunity "
            "inner join zone using (market) where closed_at is not null group by 1",
        )
    )
    pipeline = cards(agreed, "open_pipeline", "achieved_amount")
    for month, (amount,) in pipeline.items():
        expected = sum(value for day, value in opened.items() if day <= month) - sum(
            value for day, value in closed.items() if day <= month
        )
        assert amount == pytest.approx(expected, rel=1e-3, abs=0.05)


def test_q34_shows_both_sides_and_who_answers(agreed: duckdb.DuckDBPyConnection) -> None:
    told = asked(agreed, "q34")
    sides = [row["side"] for row in told]
    assert sides == sorted(sides, key=ORDER.index)
    assert set(sides) == set(ORDER)
    ((newest,),) = rows(agreed, "select max(month_date) from marts.fct_sla_scorecard_monthly")
    assert {row["month_date"] for row in told} == {newest}
    for row in told:
        assert row["breached_by_people"] + row["breached_by_systems"] == (
            row["breached"] if row["who_answers"] else 0
        )
    answered = rows(
        agreed,
        f"""
        select commitment_code, count(*), count(*) filter (due_user_id not like '00G%'
                and due_user_id not like '005000000000000%')
        from truth.sla inner join zone using (market)
        where status = 'breached' and ended_at is not null and target_minutes is not null
            and month_of(started_at, time_zone) = date '{newest}' group by 1
        """,
    )
    by_code = {row["commitment_code"]: row for row in told}
    for code, breached, by_people in answered:
        assert by_code[code]["breached"] >= breached
        assert by_code[code]["breached_by_people"] >= by_people

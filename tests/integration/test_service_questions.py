"""Service on the sample company against its truth: tickets, clocks, replies, answers, feelings.

What systems recorded of a ticket does not depend on who its customer is, so it must equal the truth
exactly. Pairs of answers do: they are counted once more in plain Python.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from statistics import fmean, quantiles
from typing import Any

import duckdb
import pytest
from questions_asked import asked, rows

ORIGINS = {
    "service_email": ("Email",),
    "service_phone": ("Phone",),
    "service_store": ("Store",),
    "service_web": ("Web", "Chat"),
}
"""Truth's names of the channels by which only cases come."""
CONTRADICTION_DAYS = timedelta(days=30)


@pytest.fixture(scope="module")
def names(marts: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Code of each channel by its name."""
    return dict(rows(marts, "select channel_name, channel_code from marts.dim_channel"))


def test_a_tickets_clocks_stand_still_as_in_truth(marts: duckdb.DuckDBPyConnection) -> None:
    """On hold, waiting for the customer, closed for a while: none of it is anybody's delay."""
    wrong = rows(
        marts,
        """
        select ticket_id, reopenings, reopen_count, resolution_minutes
        from truth.ticket
        full join (
            select * exclude (resolution_minutes) from marts.fct_ticket
            where source_system = 'salesforce'
        ) as held using (ticket_id)
        where held.opened_at is distinct from ticket.opened_at
            or held.first_response_at is distinct from ticket.first_response_at
            or held.handoff_count is distinct from ticket.handoffs
            or held.first_resolved_at is distinct from ticket.first_resolved_at
            or held.resolved_at is distinct from ticket.resolved_at
            or held.reopen_count is distinct from ticket.reopenings
            or held.is_closed is distinct from (ticket.resolved_at is not null)
            or (held.answer_status = 'closed_unanswered') is distinct from
                (ticket.first_response_at is null and ticket.resolved_at is not null)
            or round(held.resolution_business_minutes, 3)
                is distinct from round(ticket.resolution_minutes, 3)
            or round(held.first_resolution_business_minutes, 3)
                is distinct from round(ticket.first_resolution_minutes, 3)
            or (ticket.first_response_at is not null and round(held.waited_business_minutes, 3)
                is distinct from round(ticket.response_minutes, 3))
        """,
    )
    assert wrong == []
    planted = (
        "select sum(reopenings), count(*) filter (first_response_at is null) from truth.ticket"
    )
    assert all(count > 0 for count in rows(marts, planted)[0])


def test_pauses_and_reopenings_are_those_of_truth(marts: duckdb.DuckDBPyConnection) -> None:
    assert not rows(
        marts,
        """
        with held as (
            select ticket_id, states.started_at as paused_from, states.ended_at as paused_to,
                states.status
            from marts.fct_ticket_state as states inner join marts.fct_ticket using (ticket_key)
            where source_system = 'salesforce'
                and (states.is_paused or (states.is_done and states.ended_at is not null))
        )
        select * from held full join truth.ticket_pause using (ticket_id, paused_from)
        where held.paused_to is distinct from ticket_pause.paused_to
            or held.status is distinct from ticket_pause.status
        """,
    )
    statuses = {row[0] for row in rows(marts, "select distinct status from truth.ticket_pause")}
    assert statuses == {"On Hold", "Waiting on Customer", "Closed"}


def test_conversations_without_a_ticket_are_tickets(marts: duckdb.DuckDBPyConnection) -> None:
    """But for those of which the CRM opened a case within the day, on the same topic."""
    assert not rows(
        marts,
        """
        with truly as (
            select * from truth.conversation
            where not exists (
                select 1 from truth.ticket
                where ticket.person_id = conversation.person_id and ticket.origin = 'Social'
                    and ticket.topic = conversation.topic
                    and ticket.opened_at between conversation.opened_at
                        and conversation.opened_at + interval 1 day
            )
        )
        select ticket_id
        from truly
        full join (from marts.fct_ticket where source_system = 'social') as held using (ticket_id)
        where held.opened_at is distinct from truly.opened_at
            or held.first_response_at is distinct from truly.first_response_at
            or held.topic is distinct from truly.topic
            or held.resolved_at is distinct from case
                when truly.last_answer_at > truly.last_question_at
                    and truly.last_answer_at + interval 7 day
                        <= (select as_of_at from warehouse.intermediate.int_lead__as_of)
                    then truly.last_answer_at end
        """,
    )
    states = {row[0] for row in rows(marts, "select state from marts.fct_ticket group by all")}
    assert states >= {"new", "open", "waiting", "closed", "solved"}


def test_each_message_waits_for_the_next_reply(marts: duckdb.DuckDBPyConnection) -> None:
    assert not rows(
        marts,
        """
        with held as (
            select ticket_id, asked_at, replied_at, wait_minutes
            from marts.fct_ticket_reply inner join marts.fct_ticket using (ticket_key)
        )
        select * from held
        full join truth.customer_message using (ticket_id, asked_at)
        where held.replied_at is distinct from customer_message.answered_at
            and ticket_id in (select ticket_id from marts.fct_ticket)
            or (held.replied_at is not null and round(held.wait_minutes * 60)
                <> epoch(held.replied_at) - epoch(asked_at))
        """,
    )
    outcomes = dict(rows(marts, "select outcome, count(*) from marts.fct_ticket_reply group by 1"))
    assert set(outcomes) == {"answered", "waiting", "closed_unanswered"}


def test_the_backlog_of_a_day_is_what_was_open_at_its_end(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    """Counted from truth, by the market's days; cases only, whose closings truth knows."""
    wrong = rows(
        marts,
        """
        with zone(market, name) as (values ('ES', 'Europe/Madrid'), ('MX', 'America/Mexico_City'),
            ('CO', 'America/Bogota'), ('US', 'America/New_York'), ('GB', 'Europe/London')),
        spells as (
            select ticket.*, opened_at as from_at, first_resolved_at as to_at from truth.ticket
            union all
            select ticket.*, paused_to, ticket.resolved_at
            from truth.ticket inner join truth.ticket_pause using (ticket_id)
            where status = 'Closed' and paused_to is not null
        ),
        held as (
            select snapshot_date, market_code, sum(closing_count) as open_count
            from marts.fct_ticket_backlog_daily inner join marts.dim_channel using (channel_key)
            where channel_code in ('service_email', 'service_phone', 'service_web',
                'service_store')
            group by all
        ),
        truly as (
            select held.snapshot_date, held.market_code, count(spells.ticket_id) as open_count
            from held
            inner join zone on zone.market = held.market_code
            left join spells on spells.market = held.market_code and spells.origin <> 'Social'
                and timezone(zone.name, timezone('UTC', spells.from_at))::date
                    <= held.snapshot_date
                and coalesce(timezone(zone.name, timezone('UTC', spells.to_at))::date
                    > held.snapshot_date, true)
            group by all
        )
        select * from held inner join truly using (snapshot_date, market_code)
        where held.open_count <> truly.open_count
        """,
    )
    assert wrong == []
    assert rows(marts, "select count(*) > 300 from marts.fct_ticket_backlog_daily") == [(True,)]


def percentile(values: list[float], share: int) -> float:
    return quantiles(values, n=10, method="inclusive")[share // 10 - 1]


def test_q11_first_answers_are_waited_for_as_in_truth(
    marts: duckdb.DuckDBPyConnection, names: dict[str, str]
) -> None:
    told = {
        names.get(row["channel_name"], "all"): row
        for row in asked(marts, "q11")
        if row["waits_for"] == "first answer" and row["from_department"] == "all"
    }
    for channel, origins in ORIGINS.items():
        listed = ", ".join(f"'{origin}'" for origin in origins)
        true = rows(
            marts,
            f"select first_response_at, resolved_at, response_minutes, "
            f"(epoch(first_response_at) - epoch(opened_at)) / 60 "
            f"from truth.ticket where origin in ({listed})",
        )
        answered = [(business, clock) for at, _, business, clock in true if at is not None]
        row = told[channel]
        assert row["waits"] == len(true) > 5
        assert row["ended"] == len(answered)
        assert row["still_waiting"] == sum(at is None and end is None for at, end, _, _ in true)
        assert row["unanswered_share"] == pytest.approx(1 - len(answered) / len(true))
        for share in (50, 90):
            business = percentile([minutes for minutes, _ in answered], share)
            assert row[f"p{share}_business_minutes"] == pytest.approx(business, abs=0.001)
            clock = percentile([minutes for _, minutes in answered], share)
            assert row[f"p{share}_minutes"] == pytest.approx(clock, abs=0.001)


def test_q11_hand_overs_are_waited_for_as_in_truth(marts: duckdb.DuckDBPyConnection) -> None:
    told = {
        (row["from_department"], row["to_department"]): row
        for row in asked(marts, "q11")
        if row["waits_for"] == "hand-over" and row["channel_name"] == "all"
    }
    true: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for sender, receiver, picked, minutes in rows(
        marts,
        "select from_department, to_department, picked_up_at, wait_minutes from truth.handoff",
    ):
        true[sender, receiver].append(minutes if picked is not None else None)
    assert set(told) == set(true) | {("all", "all")}
    for departments, waits in true.items():
        ended = [minutes for minutes in waits if minutes is not None]
        row = told[departments]
        assert (row["waits"], row["ended"]) == (len(waits), len(ended))
        # A note that some receivers write three minutes before they answer ends the wait.
        late = percentile(ended, 50) - row["p50_business_minutes"]
        assert -0.01 <= late <= 3.01


def answers_of(marts: duckdb.DuckDBPyConnection) -> dict[Any, list[dict[str, Any]]]:
    """Truth's answers, by whom the warehouse takes for the customer (else the ticket) and topic."""
    found = marts.execute("""
        select held.customer_key, truly.*, channels.channel_code
        from truth.answer as truly
        inner join marts.fct_answer as held on held.answer_id = truly.comment_id
        inner join marts.dim_channel as channels using (channel_key)
        order by truly.answered_at, truly.comment_id
    """)
    columns = [column[0] for column in found.description]
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for values in found.fetchall():
        answer = dict(zip(columns, values, strict=True))
        who = answer["ticket_id"] if answer["customer_key"] == -1 else answer["customer_key"]
        groups[who, answer["topic"]].append(answer)
    return groups


def test_q12_pairs_are_counted_once_more(marts: duckdb.DuckDBPyConnection) -> None:
    told = {
        (row["said_first"], row["said_later"]): (row["pairs"], row["contradictions"])
        for row in asked(marts, "q12")
        if row["compared"] == "departments"
    }
    counted: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for group in answers_of(marts).values():
        for position, later in enumerate(group):
            for earlier in group[:position]:
                same_author = earlier["user_id"] == later["user_id"]
                if (
                    later["answered_at"] - earlier["answered_at"] > CONTRADICTION_DAYS
                    or earlier["department"] == later["department"]
                    or (same_author and earlier["ticket_id"] == later["ticket_id"])
                ):
                    continue
                pair = counted[earlier["department"], later["department"]]
                pair[0] += 1
                pair[1] += earlier["answer_code"] != later["answer_code"]
    assert told == {departments: tuple(pair) for departments, pair in counted.items()}
    assert sum(contradictions for _, contradictions in told.values()) > 0


def test_q12_no_contradiction_is_made_up(marts: duckdb.DuckDBPyConnection) -> None:
    """Pairs are of one person's answers in truth, and most of truth's are found."""
    found = set(
        rows(
            marts,
            """
            select earlier.answer_id, later.answer_id
            from marts.fct_answer_pair as pairs
            inner join marts.fct_answer as earlier
                on pairs.earlier_answer_key = earlier.answer_key
            inner join marts.fct_answer as later on pairs.answer_key = later.answer_key
            where pairs.is_contradiction
            """,
        )
    )
    true = set(
        rows(marts, "select first_comment_id, later_comment_id from truth.answer_contradiction")
    )
    assert found <= true
    assert len(found) >= 0.5 * len(true) > 0


def test_q16_scores_are_those_of_truth(
    marts: duckdb.DuckDBPyConnection, names: dict[str, str]
) -> None:
    told = {
        names.get(row["name"], row["name"]): row
        for row in asked(marts, "q16")
        if row["seen_by"] in ("all", "channel")
    }
    for channel, origins in ORIGINS.items():
        listed = ", ".join(f"'{origin}'" for origin in origins)
        scores = [
            score
            for (score,) in rows(
                marts,
                f"select score from truth.survey inner join truth.ticket using (case_id) "
                f"where survey_type = 'CSAT' and origin in ({listed})",
            )
        ]
        types = [
            type_
            for (type_,) in rows(marts, f"select type from truth.ticket where origin in ({listed})")
        ]
        row = told[channel]
        assert row["csat_answers"] == len(scores)
        if scores:
            assert row["mean_csat"] == pytest.approx(fmean(scores))
            assert row["satisfied_share"] == pytest.approx(fmean(s >= 4 for s in scores))
        assert row["tagged_moods"] == len(types)
        cross = sum(type_ in ("Complaint", "Return") for type_ in types)
        assert row["negative_share"] == pytest.approx(cross / len(types))
    nps = [score for (score,) in rows(marts, "select score from truth.survey "
                                             "where survey_type = 'NPS'")]  # fmt: skip
    promoters = fmean(score >= 9 for score in nps) - fmean(score <= 6 for score in nps)
    assert told["all"]["nps_answers"] == len(nps) > 0
    assert told["all"]["net_promoter_score"] == pytest.approx(100 * promoters)


def test_feelings_are_carried_to_the_customer(marts: duckdb.DuckDBPyConnection) -> None:
    """The page of a customer tells the last one, and how many of all were bad."""
    told = {
        key: (feeling, at, share)
        for key, feeling, at, share in rows(
            marts,
            "select customer_key, last_feeling, last_felt_at, negative_pct from marts.customer_360",
        )
    }
    felt: dict[int, list[Any]] = defaultdict(list)
    for key, at, bad, good in rows(
        marts,
        "select customer_key, occurred_at, is_negative, is_positive from marts.fct_satisfaction "
        "where customer_key <> -1 order by customer_key, occurred_at, satisfaction_key desc",
    ):
        felt[key].append((at, "negative" if bad else "positive" if good else "neutral"))
    assert felt
    for key, feelings in felt.items():
        at, feeling = feelings[-1]
        bad = sum(mood == "negative" for _, mood in feelings)
        assert told[key][:2] == (feeling, at)
        assert told[key][2] == pytest.approx(100 * bad / len(feelings))
    assert all(first <= then for moods in felt.values()
               for (first, _), (then, _) in pairwise(moods))  # fmt: skip
    assert all(value == (None, None, None) for key, value in told.items() if key not in felt)

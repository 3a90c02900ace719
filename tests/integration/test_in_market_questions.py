"""Buying moments, odds, messages and variants of the sample company, against its truth."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from datetime import datetime, timedelta
from math import exp, log, sqrt
from typing import Any

import duckdb
import pytest
from questions_asked import asked, rows

RESPONSE, FREQUENCY, OPT_OUT = (timedelta(days=days) for days in (14, 30, 7))


@pytest.fixture(scope="module")
def told(known: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The marts, with `told`: what was foretold on the days of the test, beside what truth says."""
    known.execute("""
        create or replace temp table told as
        select odds.*, customer_person.person_id, exists (
                from truth.journey
                where journey.person_id = customer_person.person_id
                    and started_at::date <= cutoff_date
                    and coalesce(converted_at, last_touch_at)::date > cutoff_date
            ) as is_in_journey
        from warehouse.intermediate.int_journey__propensity_foretold as odds
        inner join customer_person using (customer_key)
        where cutoff_number > 0
    """)
    return known


def auc(connection: duckdb.DuckDBPyConnection, odds: str, outcome: str, table: str) -> float:
    """Chance that a row with the outcome has the higher odds; equal odds count one half."""
    ((found,),) = rows(
        connection,
        f"""
        with ranked as (
            select {outcome} as hit, rank() over (order by {odds})
                + (count(*) over (partition by {odds}) - 1) / 2.0 as place
            from {table}
        )
        select (sum(place) filter (hit) - sum(hit::int) * (sum(hit::int) + 1) / 2)
            / (sum(hit::int) * sum((not hit)::int)) from ranked
        """,
    )
    return float(found)


def test_buying_moments_are_those_of_truth(known: duckdb.DuckDBPyConnection) -> None:
    """On days when only the company wrote: how many had truly begun a journey and not ended it."""
    shares = dict(
        rows(
            known,
            """
            select
                if(market_state in ('in_market', 'researching'), 'inside', 'outside'),
                avg(exists (
                    from truth.journey
                    where journey.person_id = customer_person.person_id
                        and started_at::date < snapshot_date
                        and coalesce(converted_at, last_touch_at)::date >= snapshot_date
                )::int)
            from marts.fct_in_market_daily inner join customer_person using (customer_key)
            where engagement_count = 0
            group by all
            """,
        )
    )
    assert shares["inside"] > 0.1
    assert shares["inside"] > 4 * shares["outside"]


def test_what_followed_truly_followed(told: duckdb.DuckDBPyConnection) -> None:
    """Who converted within the horizon had truly bought, or won a deal, in that time.

    A family's card says who holds it, not who bought.
    """
    ((converted, truly),) = rows(
        told,
        """
        with bought as (
            select coalesce(holder.person_id, sold.person_id) as person_id,
                purchased_at as happened_at
            from truth.sale_line as sold
            left join truth.person as holder on holder.loyalty_card_id = sold.card_id
            union all
            select person_id, won_at from truth.lead where won_at is not null
            union all
            select person_id, closed_at from truth.opportunity where is_won
        )
        select count(*), sum(exists (
            from bought where bought.person_id = told.person_id
                and happened_at::date between cutoff_date and cutoff_date + 31
        )::int)
        from told where is_converted
        """,
    )
    assert converted > 40
    assert truly / converted > 0.95


def test_odds_come_true_on_later_weeks(marts: duckdb.DuckDBPyConnection) -> None:
    weeks = rows(
        marts,
        """
        select method, predicted_count, observed_count, auc, top_tenth_lift, log_loss,
            base_log_loss, brier_score, trained_until_date, cutoff_date
        from marts.propensity_evaluation where outcome = 'purchase'
        """,
    )
    assert len(weeks) == 4
    assert {week[0] for week in weeks} == {"logistic"}
    predicted, observed = sum(week[1] for week in weeks), sum(week[2] for week in weeks)
    assert abs(predicted - observed) < predicted / 4 + 2 * sqrt(len(weeks) * predicted)
    for _, _, _, area, lift, loss, base_loss, brier, until, day in weeks:
        assert area > 0.65
        assert lift > 2
        assert loss < base_loss
        assert 0 < brier < 0.05
        assert until <= day


def test_evaluation_is_that_of_scikit_learn(told: duckdb.DuckDBPyConnection) -> None:
    from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

    for outcome, odds, came in (
        ("purchase", "purchase_probability", "is_converted"),
        ("next_intent", "next_intent_probability", "next_stage = 'intent'"),
    ):
        for day, area, loss, brier in rows(
            told,
            f"select cutoff_date, auc, log_loss, brier_score from marts.propensity_evaluation "
            f"where outcome = '{outcome}'",
        ):
            held = told.execute(
                f"select {odds}, ({came})::int "
                "from warehouse.intermediate.int_journey__propensity_foretold "
                "where cutoff_number > 0 and cutoff_date = ?",
                [day],
            ).fetchall()
            probability, outcomes = zip(*held, strict=True)
            assert area == pytest.approx(roc_auc_score(outcomes, probability), abs=1e-9)
            clipped = [min(max(p, 1e-6), 1 - 1e-6) for p in probability]
            assert loss == pytest.approx(log_loss(outcomes, clipped), abs=1e-6)
            assert brier == pytest.approx(brier_score_loss(outcomes, probability), abs=1e-6)


def test_those_truly_on_their_way_have_the_higher_odds(told: duckdb.DuckDBPyConnection) -> None:
    """Of all profiles, among them devices whose owner nobody knows."""
    assert auc(told, "next_step_probability", "is_in_journey", "told") > 0.6
    inside, outside = (
        odds
        for (odds,) in rows(
            told,
            "select avg(purchase_probability) from told group by is_in_journey "
            "order by is_in_journey desc",
        )
    )
    assert inside > 1.5 * outside


def test_q17_sums_to_the_customers(marts: duckdb.DuckDBPyConnection) -> None:
    answer = asked(marts, "q17")
    stages = {row["stage"]: row for row in answer if row["level"] == "stage"}
    ((steps, purchases, without),) = rows(
        marts,
        "select sum(next_step_probability), sum(purchase_probability), "
        "count(*) filter (purchase_probability is null) from marts.customer_propensity",
    )
    named = set(stages) - {"purchase (any)", "no odds"}
    assert sum(stages[name]["expected_customers"] for name in named) == pytest.approx(
        steps, abs=0.1
    )
    assert stages["purchase (any)"]["expected_customers"] == pytest.approx(purchases)
    assert stages["no odds"]["expected_customers"] == without
    assert stages["purchase (any)"]["auc"] > 0.65
    people = [row for row in answer if row["level"] == "customer"]
    assert len(people) == 20
    for row in people:
        assert 0 < row["stage_probability"] <= row["expected_customers"] <= 1


@pytest.fixture(scope="module")
def messages(marts: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Messages counted once more, one by one, from the touchpoints."""
    found = marts.execute("""
        select touchpoint_key, customer_key, occurred_at, channel_key, campaign_key,
            initiated_by = 'company' and contact_point is not null
                and touchpoint_type <> 'email_bounced' as is_message,
            is_conversion
        from marts.fct_touchpoint where customer_key <> -1
        order by occurred_at, touchpoint_key
    """)
    sent: list[dict[str, Any]] = []
    bought: dict[int, list[datetime]] = defaultdict(list)
    for key, customer, at, channel, campaign, is_message, is_conversion in found.fetchall():
        if is_message:
            sent.append({"key": key, "customer": customer, "at": at, "channel": channel,
                         "campaign": campaign, "closed": 0})  # fmt: skip
        if is_conversion:
            bought[customer].append(at)
    _count_before(sent)
    _close(sent, bought)
    return sent


def _count_before(sent: list[dict[str, Any]]) -> None:
    """How many messages of the channel came lately, and which of its campaign each is."""
    before: dict[tuple[int, int], list[datetime]] = defaultdict(list)
    campaigns: dict[tuple[int, int], int] = defaultdict(int)
    for message in sent:
        times = before[message["customer"], message["channel"]]
        times.append(message["at"])
        message["recent"] = sum(1 for at in times if at > message["at"] - FREQUENCY)
        campaigns[message["customer"], message["campaign"]] += 1
        message["number"] = (
            campaigns[message["customer"], message["campaign"]]
            if message["campaign"] != -1
            else None
        )


def _close(sent: list[dict[str, Any]], bought: dict[int, list[datetime]]) -> None:
    """Each conversion to the last message before it, if that was in time."""
    by_customer: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for message in sent:
        by_customer[message["customer"]].append(message)
    for customer, times in bought.items():
        mine = by_customer[customer]
        starts = [message["at"] for message in mine]
        for at in times:
            place = bisect_right(starts, at - timedelta(microseconds=1))
            if place and at < starts[place - 1] + RESPONSE:
                mine[place - 1]["closed"] += 1


def test_q18_agrees_with_counting_by_hand(
    marts: duckdb.DuckDBPyConnection, messages: list[dict[str, Any]]
) -> None:
    held = {
        row[0]: row[1:]
        for row in rows(
            marts,
            "select touchpoint_key, recent_exposure_count, campaign_exposure_number, "
            "closed_conversion_count from marts.fct_message_exposure",
        )
    }
    assert len(held) == len(messages) > 3000
    for message in messages:
        assert held[message["key"]] == (message["recent"], message["number"], message["closed"])
    assert sum(message["closed"] for message in messages) > 20
    answer = [row for row in asked(marts, "q18") if row["level"] == "channel"]
    assert sum(row["messages"] + row["messages_still_running"] for row in answer) == len(messages)
    impressions = sum(
        row["messages"] for row in asked(marts, "q18") if row["level"] == "impressions of ads"
    )
    assert [(impressions,)] == rows(marts, "select sum(impressions) from marts.fct_ad_spend_daily")


def test_messages_are_those_that_were_truly_sent(known: duckdb.DuckDBPyConnection) -> None:
    """E-mails by variant and kind, with whether they were opened, from truth."""
    assert not rows(
        known,
        """
        with held as (
            select creative_name as variant, is_clicked, count(*) as messages
            from marts.fct_message_exposure inner join marts.dim_creative using (creative_key)
            where contact_point = 'email' and creative_key <> -1
            group by all
        ),
        truly as (
            select variant, journey_id is not null as is_clicked, count(*) as messages
            from truth.touchpoint where channel = 'email'
            group by all
        )
        from held full join truly using (variant, is_clicked)
        where abs(coalesce(held.messages, 0) - coalesce(truly.messages, 0)) > 3
        """,
    )


def test_q20_finds_the_variant_that_truly_works(known: duckdb.DuckDBPyConnection) -> None:
    """B adds 0.35 to the log odds that a newsletter is opened; mails of journeys are all opened."""
    effects = dict(rows(known, "select channel, log_odds from truth.variant_effect"))
    mixed = dict(
        rows(
            known,
            "select variant, avg((journey_id is not null)::int) from truth.touchpoint "
            "where channel = 'email' group by variant",
        )
    )
    opened = {"A": 1 / (1 + exp(1.2)), "B": 1 / (1 + exp(1.2 - effects["email"]))}
    shares = {variant: part + (1 - part) * opened[variant] for variant, part in mixed.items()}
    found = {
        (row["trial_type"], row["channel_name"], row["outcome"]): row
        for row in asked(known, "q20")
        if row["segment_scheme"] == "all"
    }
    mail = found["message", "E-mail", "opened"]
    assert mail["variants"] == "B against A"
    assert mail["lift_low"] < shares["B"] / shares["A"] - 1 < mail["lift_high"]
    assert mail["is_clear_among_all"]
    search = found["ad_visit", "Paid search", "converted"]
    assert effects["paid_search"] == 0
    assert search["lift_low"] < 0 < search["lift_high"]
    assert not search["is_clear_among_all"]


def test_newsletters_open_by_the_true_odds(known: duckdb.DuckDBPyConnection) -> None:
    """The odds ratio of newsletters alone, which nobody clicked, within three standard errors."""
    ((a_open, a_not, b_open, b_not),) = rows(
        known,
        """
        select count(*) filter (creative_name = 'A' and is_opened),
            count(*) filter (creative_name = 'A' and not is_opened),
            count(*) filter (creative_name = 'B' and is_opened),
            count(*) filter (creative_name = 'B' and not is_opened)
        from marts.fct_message_exposure inner join marts.dim_creative using (creative_key)
        where contact_point = 'email' and creative_key <> -1 and not is_clicked
        """,
    )
    error = sqrt(sum(1 / count for count in (a_open, a_not, b_open, b_not)))
    ((truly,),) = rows(known, "select log_odds from truth.variant_effect where channel = 'email'")
    assert abs(log(b_open * a_not / (b_not * a_open)) - truly) < 3 * error


def test_q20_calls_nothing_clear_that_truly_is_not(known: duckdb.DuckDBPyConnection) -> None:
    """Only e-mail B is opened more; ads of display have people behind variant A alone."""
    clear = [row for row in asked(known, "q20") if row["is_clear_among_all"]]
    assert {(row["channel_name"], row["outcome"]) for row in clear} <= {
        ("E-mail", "opened"),
        ("Display", "clicked"),
    }
    counts = {row["comparisons"] for row in asked(known, "q20")}
    assert counts == {len(asked(known, "q20"))}


def test_q30_agrees_with_counting_by_hand(marts: duckdb.DuckDBPyConnection) -> None:
    """Contacts of the company, and the contacted days that an opt-out followed, one by one."""
    refused: dict[int, list[Any]] = defaultdict(list)
    for customer, day in rows(
        marts,
        """
        select distinct customer_key, touchpoint_date from marts.fct_touchpoint
        where touchpoint_type in ('email_unsubscribed', 'email_complained') and customer_key <> -1
        union
        select customer_key, opted_out_date from warehouse.intermediate.int_journey__opt_outs
        """,
    ):
        refused[customer].append(day)
    by_hand = {"inside the buying moment": [0, 0, 0], "outside the buying moment": [0, 0, 0]}
    for customer, day, state, contacts in rows(
        marts,
        "select customer_key, snapshot_date, market_state, company_contact_count "
        "from marts.fct_in_market_daily where company_contact_count > 0",
    ):
        inside = "inside" if state in ("in_market", "researching") else "outside"
        counts = by_hand[f"{inside} the buying moment"]
        counts[0] += 1
        counts[1] += contacts
        counts[2] += any(day <= refusal <= day + OPT_OUT for refusal in refused[customer])
    answer = asked(marts, "q30")
    told = {row["name"]: row for row in answer if row["level"] == "moment"}
    for name, (days, contacts, followed) in by_hand.items():
        assert told[name]["contacted_days"] == days > 100
        assert told[name]["contacts"] == contacts
        assert told[name]["days_followed_by_opt_out"] == followed
        low, high = told[name]["opt_out_share_low"], told[name]["opt_out_share_high"]
        assert low <= followed / days <= high
    assert sum(counts[2] for counts in by_hand.values()) > 0
    states = [row for row in answer if row["level"] == "state"]
    assert sum(row["contacts"] for row in states) == sum(c[1] for c in by_hand.values())
    pestered = [row for row in answer if row["level"] == "customer"]
    assert [row["contacts"] for row in pestered] == sorted(
        (row["contacts"] for row in pestered), reverse=True
    )

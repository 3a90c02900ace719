"""Conversions, attribution and what campaigns cost, on the sample company, against its truth.

What is counted is the same as in truth wherever identity allows; what models make of it is
compared with what channels truly did, and the difference is told (docs/attribution.md).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import duckdb
import pytest
from questions_asked import asked, rows

MODELS = (
    "first_touch", "last_touch", "last_non_direct", "linear", "position_based", "time_decay",
    "markov", "shapley", "shapley_rate",
)  # fmt: skip
ROUNDED = 0.05
"""Euros by which an order may differ, since its lines are rounded in its own currency."""


def test_every_models_credit_is_all_conversions(marts: duckdb.DuckDBPyConnection) -> None:
    held = dict(
        rows(marts, "select conversion_type, count(*) from marts.fct_conversion group by 1")
    )
    assert set(held) == {"sale", "won_deal", "lead", "qualified_lead"}
    for kind, count in held.items():
        answers = [row for row in asked(marts, "q14") if row["conversion_type"] == kind]
        assert answers
        for model in MODELS:
            assert sum(row[model] for row in answers) == count, (kind, model)
        media = [row for row in asked(marts, "q03") if row["conversion_type"] == kind]
        for model in ("last_non_direct", "linear", "markov"):
            assert sum(row[model] for row in media) == count, (kind, model)
        assert sum(row["markov_share"] for row in media) == pytest.approx(1)


def test_sales_and_what_was_given_back_are_those_of_truth(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    """Order by order in the own shops; an order without a person is no conversion."""
    ((orders, held, wrong, returned, followed, wrongly),) = rows(
        marts,
        f"""
        with sold as (
            select 'shopify:' || order_id as sale_id, sum(
                (unit_price_original * quantity - discount_original)
                * unit_price_eur / unit_price_original
            ) as amount
            from truth.sale_line where order_id is not null group by all
        ),
        given_back as (
            select 'shopify:' || order_id as sale_id,
                sum(subtotal_original * unit_price_eur / unit_price_original) as amount
            from truth.refund inner join truth.sale_line using (order_line_id, order_id)
            group by all
        ),
        own as (from marts.fct_conversion where place_type in ('own_shop', 'social_shop'))
        select
            (select count(*) from sold),
            (select count(*) from sold inner join own using (sale_id)),
            (select count(*) from sold full join own using (sale_id)
                where own.conversion_key is not null
                    and abs(own.revenue_amount - coalesce(amount, 0)) > {ROUNDED}),
            (select count(*) from given_back),
            (select count(*) from given_back inner join own using (sale_id)),
            (select count(*) from own left join given_back using (sale_id)
                where abs(refunded_amount - coalesce(amount, 0)) > {ROUNDED}
                    or net_revenue_amount <> revenue_amount - refunded_amount)
        """,
    )
    assert orders > 100 and held / orders > 0.98
    assert wrong == 0
    assert returned > 3 and followed / returned > 0.9
    assert wrongly == 0


def test_leads_and_deals_are_those_of_truth(marts: duckdb.DuckDBPyConnection) -> None:
    """Every lead that counts, when it was qualified, and what each record of a lead brought.

    When a lead with duplicates was qualified is a question of all its records (see the lead tests).
    """
    assert not rows(
        marts,
        """
        with truly as (
            select lead.record_id as lead_id, lead.captured_at, lead.won_at, lead.amount_eur,
                fct_lead.is_counted,
                case when lead_key in (select duplicate_of_lead_key from marts.fct_lead)
                    then fct_lead.mql_at else lead.mql_at end as mql_at
            from truth.lead inner join marts.fct_lead on lead.record_id = fct_lead.lead_id
        ),
        happened as (
            select lead_id, 'lead' as conversion_type, captured_at as converted_at,
                null::double as amount from truly where is_counted
            union all
            select lead_id, 'qualified_lead', mql_at, null from truly
            where mql_at is not null and is_counted
            union all
            select lead_id, 'won_deal', won_at, amount_eur from truly where won_at is not null
        )
        select * from happened
        full join (from marts.fct_conversion where conversion_type <> 'sale') as held
            using (lead_id, conversion_type)
        where held.conversion_key is null
            or happened.converted_at is null
            or abs(date_diff('second', held.converted_at, happened.converted_at)) > 1
            or abs(coalesce(held.revenue_amount, 0) - coalesce(amount, 0)) > 0.01
        """,
    )


@pytest.mark.parametrize(("model", "pick"), [("last_touch", "arg_max"), ("first_touch", "arg_min")])
def test_first_and_last_visits_are_those_of_truth(
    known: duckdb.DuckDBPyConnection, model: str, pick: str
) -> None:
    """Where a visit gets the credit, its channel is that of the person's first or last touch."""
    ((credited, right),) = rows(
        known,
        f"""
        with visit as (
            select conversion_key, credit.journey_key, person_id, converted_at, channel_code
            from marts.fct_attribution as credit
            inner join marts.fct_conversion using (conversion_key)
            inner join customer_person on credit.customer_key = customer_person.customer_key
            inner join marts.dim_channel on credit.channel_key = dim_channel.channel_key
            inner join marts.fct_touchpoint as touchpoint
                on credit.touchpoint_key = touchpoint.touchpoint_key
            where attribution_model = '{model}' and credit.conversion_type = 'sale'
                and touchpoint_type = 'web_session'
        ),
        truly as (
            select conversion_key, {pick}(touch.channel, touch.happened_at) as channel
            from visit
            inner join marts.fct_journey as journey using (journey_key)
            inner join truth.touchpoint as touch on touch.person_id = visit.person_id
                and touch.is_recorded and (touch.channel <> 'email' or touch.journey_id is not null)
                and touch.happened_at between
                    greatest(journey.started_at - interval 1 minute,
                        visit.converted_at - interval 30 day)
                    and visit.converted_at
            group by conversion_key
        )
        select count(*), count(*) filter (channel = channel_code)
        from visit left join truly using (conversion_key)
        """,
    )
    assert credited > 80
    assert right / credited > 0.95


def test_channels_that_bring_most_are_credited_most(marts: duckdb.DuckDBPyConnection) -> None:
    """Credit follows the order of what channels truly add, and not closely; it is no measure of it.

    Large channels lead in both. Display adds nothing to any purchase in the sample, and each model
    credits it all the same: who sees an ad and buys anyway looks as if the ad had helped.
    """
    ((*correlations, idle),) = rows(
        marts,
        f"""
        with credit as (
            pivot (
                select channel_code, attribution_model, credited_conversions::double as credit
                from marts.channel_attribution inner join marts.dim_channel using (channel_key)
                where conversion_type = 'sale'
            ) on attribution_model in {MODELS} using max(credit) group by channel_code
        ),
        ranked as (
            select channel, rank() over (order by incremental_conversions) as added,
                {", ".join(f"rank() over (order by {m}) as {m}" for m in MODELS)}
            from truth.channel_effect inner join credit on channel = channel_code
        )
        select {", ".join(f"corr(added, {m})" for m in MODELS)},
            (select markov from credit where channel_code = 'display')
        from ranked
        """,
    )
    assert all(correlation > 0 for correlation in correlations), dict(
        zip(MODELS, correlations, strict=True)
    )
    assert idle > 0


def test_q08_counts_what_left_for_e_tailers(marts: duckdb.DuckDBPyConnection) -> None:
    told = asked(marts, "q08")
    shown = {row["campaign_code"]: row["retail_media_clicks"] for row in told}
    truly = rows(
        marts, "select 'zonaplus:' || campaign_id, sum(clicks) from truth.retail_media group by 1"
    )
    assert truly and all(shown[code] == clicks for code, clicks in truly)
    ((clicks, visits),) = rows(
        marts,
        """
        select count(*) filter (touchpoint_type = 'outbound_click'),
            count(*) filter (touchpoint_type = 'web_session')
        from marts.fct_touchpoint
        """,
    )
    assert sum(row["e_tailer_clicks"] for row in told) == clicks > 50
    assert sum(row["visits"] for row in told) == visits
    ((own,),) = rows(
        marts,
        """
        select sum(weight) from marts.fct_attribution inner join marts.fct_conversion
            using (conversion_key)
        where attribution_model = 'markov' and is_attributed
            and place_type in ('own_shop', 'social_shop')
        """,
    )
    assert sum(row["own_sales"] for row in told) == own


def test_those_who_click_to_the_e_tailer_end_there(known: duckdb.DuckDBPyConnection) -> None:
    """Clicks per visit are several times higher on journeys that truly end at the e-tailer."""
    shares = dict(
        rows(
            known,
            """
            select journey.place = 'e_tailer' as ends_there,
                count(*) filter (touchpoint_type = 'outbound_click')
                    / count(*) filter (touchpoint_type = 'web_session') as clicks
            from truth.journey
            inner join customer_person using (person_id)
            inner join marts.fct_touchpoint as touchpoint using (customer_key)
            where touchpoint.occurred_at
                between journey.started_at and journey.last_touch_at + interval 1 hour
                and journey.place is not null
            group by all
            """,
        )
    )
    assert shares[True] > 2 * shares[False]


def test_q24_parts_are_the_whole(marts: duckdb.DuckDBPyConnection) -> None:
    told: dict[str, dict[str, float]] = defaultdict(dict)
    for row in asked(marts, "q24"):
        told[row["subject"]][row["part"][:1]] = row["amount"]
    ((spent, sold, deals, truly_known, known_here),) = rows(
        marts,
        """
        select
            (select sum(spend_amount) from marts.fct_ad_spend_daily),
            (select sum(sold_amount) from marts.fct_ropo_monthly),
            (select sum(revenue_amount) from marts.fct_conversion
                where conversion_type = 'won_deal'),
            (select sum(revenue_eur) from truth.conversion where is_identified),
            (select sum(revenue_amount) from marts.fct_conversion where conversion_type = 'sale')
        """,
    )
    assert sum(told["spend"].values()) == pytest.approx(spent, abs=0.05)
    revenue = told["revenue"]
    assert sum(revenue.values()) == pytest.approx(sold + float(deals), abs=0.05)
    assert revenue["1"] + revenue["2"] == pytest.approx(float(known_here), abs=0.05)
    assert revenue["1"] + revenue["2"] == pytest.approx(truly_known, rel=0.02)
    assert revenue["5"] + revenue["6"] == pytest.approx(float(deals), abs=0.05)
    assert revenue["4"] > revenue["1"] + revenue["2"], "most shoppers are unknown, and shown"
    assert told["spend"]["2"] > 0 and told["budget"]["n"] > 0


def test_q27_tells_progress_until_the_last_known_day(marts: duckdb.DuckDBPyConnection) -> None:
    told = {(row["name"], row["metric"]): row for row in asked(marts, "q27")}
    clicks = told["google_ads:11000102", "clicks"]
    ((counted, until),) = rows(
        marts,
        """
        select sum(clicks) filter (campaign_code = 'google_ads:11000102'
                and spend_date between '2025-12-01' and '2025-12-31'),
            max(spend_date)
        from marts.fct_ad_spend_daily inner join marts.dim_campaign using (campaign_key)
        """,
    )
    assert clicks["known_until"] == until == date(2025, 12, 31)
    assert (clicks["actual"], clicks["target_to_date"]) == (counted, clicks["target"] * 31 / 62)
    assert clicks["attainment"] == pytest.approx(counted / clicks["target_to_date"])
    assert clicks["expected_at_end"] == pytest.approx(counted * 2)
    ((sent,),) = rows(
        marts,
        "select count(*) from truth.touchpoint where campaign_code = 'klaviyo:NLES202512'",
    )
    assert told["klaviyo:NLES202512", "messages"]["actual"] == sent
    budgets = [row for row in told.values() if row["metric"] == "spend" and row["actual"] is None]
    assert budgets, "costs that nobody reports are not taken for nothing"
    facts = {name for name, metric in told if metric is None}
    assert {"marts/fct_touchpoint", "marts/fct_conversion", "marts/fct_journey"} <= facts


def test_q29_agrees_with_counting_journey_by_journey(marts: duckdb.DuckDBPyConnection) -> None:
    seen: dict[int, set[tuple[str, str]]] = defaultdict(set)
    outcomes: dict[int, str] = dict(
        rows(marts, "select journey_key, outcome from marts.fct_journey")
    )
    for journey, kind, channel in rows(
        marts,
        """
        select journey_key, touchpoint_type, channel_code
        from marts.bridge_journey_touchpoint
        inner join marts.fct_touchpoint using (touchpoint_key)
        inner join marts.dim_channel using (channel_key)
        where not bridge_journey_touchpoint.is_conversion and not is_after_sale
        """,
    ):
        seen[journey].add((kind, channel))
    won = {journey for journey, outcome in outcomes.items() if outcome == "converted"}
    lost = {journey for journey, outcome in outcomes.items() if outcome == "lapsed"}
    told = asked(marts, "q29")
    assert len(told) > 20
    for row in told:
        point = (row["touchpoint_type"], row["channel_code"])
        with_it = {journey for journey, points in seen.items() if point in points}
        assert (row["won_with"], row["lost_with"]) == (len(with_it & won), len(with_it & lost))
        assert row["coverage_of_won"] == pytest.approx(len(with_it & won) / len(won))
        if row["won_with"] and len(with_it & won) < len(won):
            rate = len(with_it & won) / len(with_it & (won | lost))
            others = len(won - with_it) / len((won | lost) - with_it)
            assert row["win_ratio"] == pytest.approx(rate / others)


def test_spend_and_credit_meet_by_campaign_and_month(marts: duckdb.DuckDBPyConnection) -> None:
    """Reckoned once more in plain Python, row by row of the facts."""
    spent: dict[Any, float] = defaultdict(float)
    for day, campaign, amount in rows(
        marts, "select spend_date, campaign_key, spend_amount from marts.fct_ad_spend_daily"
    ):
        spent[day.replace(day=1), campaign] += amount
    earned: dict[Any, Any] = defaultdict(float)
    for day, campaign, kind, conversions, revenue in rows(
        marts,
        """
        select conversion_date, campaign_key, conversion_type, credited_conversions,
            coalesce(credited_revenue_amount, 0)
        from marts.fct_attribution inner join marts.fct_conversion
            using (conversion_key, conversion_type)
        where attribution_model = 'time_decay'
        """,
    ):
        month = day.replace(day=1)
        earned[month, campaign, "revenue"] += float(revenue)
        earned[month, campaign, kind] += float(conversions)
    told = rows(
        marts,
        """
        select month_start_date, campaign_key, spend_amount, credited_sales, credited_won_deals,
            credited_leads, credited_revenue_amount, cost_per_conversion_amount,
            return_on_ad_spend, has_spend
        from marts.fct_campaign_performance_monthly
        where attribution_model = 'time_decay' and campaign_key <> -1
        """,
    )
    assert {(month, campaign) for month, campaign, *_, has in told if has} == {
        key for key in spent if key[1] != -1
    }
    assert {True, False} == {row[-1] for row in told}
    for month, campaign, spend, sales, deals, leads, revenue, cost, roas, _ in told:
        assert float(spend or 0) == pytest.approx(spent.get((month, campaign), 0), abs=1e-3)
        of = {kind: earned[month, campaign, kind] for kind in ("sale", "won_deal", "lead")}
        assert (float(sales), float(deals), float(leads)) == pytest.approx(
            (of["sale"], of["won_deal"], of["lead"])
        )
        assert float(revenue) == pytest.approx(earned[month, campaign, "revenue"])
        if spend and of["sale"] + of["won_deal"]:
            assert cost == pytest.approx(float(spend) / (of["sale"] + of["won_deal"]), rel=1e-6)
        if spend:
            assert roas == pytest.approx(float(revenue) / float(spend), rel=1e-6)

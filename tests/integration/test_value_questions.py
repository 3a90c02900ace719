"""What customers are worth, and the queries of Q09 and Q25, on the sample company and its truth."""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import pytest
from questions_asked import asked, rows

from orchestration.customer_value import summarize

ROUNDED = 0.035  # an order's prices are rounded in the shop's currency
NEWEST = "month_start_date = (select max(month_start_date) from marts.fct_customer_value_monthly)"
UNVALUED = "('superlider')"


def test_q09_sums_to_what_truly_was_sold(marts: duckdb.DuckDBPyConnection) -> None:
    """Own shops order by order, deals, and sell-out of the distributors that tell its value."""
    told = [row for row in asked(marts, "q09") if row["market"] != "all markets"]
    everything = [row for row in asked(marts, "q09") if row["market"] == "all markets"]
    true = rows(
        marts,
        f"""
        with shops as (
            select market, count(distinct order_id) as orders, sum(
                (unit_price_original * quantity - discount_original)
                * unit_price_eur / unit_price_original
            ) as amount
            from truth.sale_line where order_id is not null group by market
        ),
        deals as (
            select market, sum(amount_eur) as amount from truth.opportunity where is_won
            group by market
        ),
        stores as (
            select
                market,
                sum(value_eur) filter (distributor_code not in {UNVALUED}) as amount,
                sum(units_each) filter (distributor_code in {UNVALUED}) as unvalued,
                count(*) as numbers
            from truth.sell_out where is_own_brand and not is_spoiled group by market
        )
        select market, shops.amount, orders, coalesce(deals.amount, 0), stores.amount,
            coalesce(unvalued, 0), numbers
        from shops inner join stores using (market) left join deals using (market)
        """,
    )
    assert {row["market"] for row in told} == {market for market, *_ in true}
    for market, shops, orders, deals, stores, unvalued, numbers in true:
        mine = [row for row in told if row["market"] == market]
        assert sum(row["shop_amount"] for row in mine) == pytest.approx(shops, abs=ROUNDED * orders)
        assert sum(row["deal_amount"] for row in mine) == pytest.approx(deals, abs=0.1)
        assert sum(row["intermediary_amount"] for row in mine) == pytest.approx(
            stores, abs=0.006 * numbers
        )
        assert sum(row["unvalued_units"] for row in mine) == unvalued
    for amount in ("shop_amount", "deal_amount", "intermediary_amount"):
        assert sum(row[amount] for row in told) == pytest.approx(
            sum(row[amount] for row in everything), abs=0.01 * len(told)
        )


def test_q09_says_that_there_is_no_year_before(marts: duckdb.DuckDBPyConnection) -> None:
    told = asked(marts, "q09")
    assert {row["year_ago"] for row in told} == {"no data"}
    whole = {row["month_start_date"] for row in told if row["is_whole_month"]}
    assert whole == {date(2025, month, 1) for month in range(1, 13)}
    assert all(row["direct_share_year_ago"] is None for row in told)


def test_what_customers_paid_is_what_truth_says(marts: duckdb.DuckDBPyConnection) -> None:
    """Of customers who bought in own shops alone: order by order, less what was given back."""
    ((customers, wrong, wrongly_counted),) = rows(
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
        bought as (
            select customer_key, sale_id, min(sale_date) as sale_date
            from marts.fct_sale_line
            where customer_key <> -1 and sale_type = 'sale'
            group by all
        ),
        paid as (
            select
                customer_key,
                count(*) as orders,
                sum(sold.amount - coalesce(given_back.amount, 0)) as amount,
                count(distinct sale_date) filter (
                    sold.amount - coalesce(given_back.amount, 0) > {ROUNDED}
                ) as days
            from bought
            left join sold using (sale_id)
            left join given_back using (sale_id)
            where customer_key not in (
                select customer_key from marts.fct_conversion where conversion_type = 'won_deal'
            )
            group by customer_key
            having count(*) = count(sold.amount)
        )
        select
            count(*),
            count(*) filter (abs(value.net_amount_to_date - paid.amount) > {ROUNDED} * paid.orders),
            count(*) filter (value.purchase_count_to_date <> paid.days)
        from paid inner join marts.fct_customer_value_monthly as value using (customer_key)
        where {NEWEST}
        """,
    )
    assert customers > 50
    assert wrong == 0
    assert wrongly_counted == 0


def test_counts_are_those_of_the_library(marts: duckdb.DuckDBPyConnection) -> None:
    """Counted once more from the conversions, whose refunds are all known at the end."""
    sales = marts.sql(
        "select customer_key, conversion_date, net_revenue_amount from marts.fct_conversion "
        "where conversion_type = 'sale' and net_revenue_amount > 0.0001"
    )
    ((end,),) = rows(
        marts, "select max(sale_date) from marts.fct_sale_line where sale_type = 'sale'"
    )
    counted = summarize(
        sales.arrow(), "customer_key", "conversion_date", "net_revenue_amount", unit="day",
        observation_end=end, with_first=True,
    ).customers.set_index("customer")  # fmt: skip
    held = marts.sql(
        "select customer_key as customer, purchase_count_to_date, "
        "days_since_last_purchase, net_amount_to_date from marts.fct_customer_value_monthly "
        f"where {NEWEST} and purchase_count_to_date > 0 and customer_key not in ("
        "select customer_key from marts.fct_conversion where conversion_type = 'won_deal')"
    ).df().set_index("customer")  # fmt: skip
    both = held.join(counted, how="left")
    assert len(both) > 50
    assert (both["purchase_count_to_date"] == both["frequency"] + 1).all()
    assert (both["days_since_last_purchase"] == both["age"] - both["recency"]).all()
    paid = both["monetary"] * (both["frequency"] + 1)
    np.testing.assert_allclose(both["net_amount_to_date"], paid, atol=0.01)


def test_q25_sums_to_the_marts(marts: duckdb.DuckDBPyConnection) -> None:
    told = asked(marts, "q25")
    tenths = [row for row in told if row["level"] == "tenth by lifetime value"]
    ((customers, margin, orders, value),) = rows(
        marts,
        "select count(*), sum(margin_amount_to_date), sum(expected_orders_12_months), "
        "sum(coalesce(lifetime_margin_amount, lifetime_net_amount)) "
        f"from marts.fct_customer_value_monthly where {NEWEST}",
    )
    assert sum(row["customers"] for row in tenths) == customers
    assert sum(row["margin_to_date"] or 0 for row in tenths) == pytest.approx(margin)
    assert sum(row["expected_orders"] or 0 for row in tenths) == pytest.approx(orders)
    assert sum(row["lifetime_value"] or 0 for row in tenths) == pytest.approx(value)
    assert sum(row["share"] or 0 for row in tenths) == pytest.approx(1)
    best = [row["lifetime_value"] for row in told if row["level"] == "customer"]
    assert len(best) == 20
    assert best == sorted(best, reverse=True)


def test_q25_concentration_is_that_of_a_recount(marts: duckdb.DuckDBPyConnection) -> None:
    told = {row["level"]: row for row in asked(marts, "q25")}
    for measure, column in (
        ("net_amount_to_date", "net_amount_to_date"),
        ("margin_amount_to_date", "margin_amount_to_date"),
        ("lifetime_value", "coalesce(lifetime_margin_amount, lifetime_net_amount)"),
    ):
        held = rows(
            marts,
            f"select greatest({column}, 0) from marts.fct_customer_value_monthly "
            f"where {NEWEST} and {column} is not null",
        )
        amounts = np.sort(np.array([amount for (amount,) in held]))[::-1]
        pairs = np.abs(amounts[:, None] - amounts[None, :]).sum()
        gini = pairs / (2 * len(amounts) ** 2 * amounts.mean())
        for share in (1, 10, 20):
            row = told[f"best {share} % by {measure}"]
            best = amounts[: int(np.ceil(share * len(amounts) / 100))]
            assert row["customers"] == len(best)
            assert row["share"] == pytest.approx(best.sum() / amounts.sum(), abs=1e-6)
            assert row["gini"] == pytest.approx(gini, abs=1e-6)


def test_the_test_months_are_those_whose_hold_out_is_over(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    ((early, came, conversions),) = rows(
        marts,
        """
        with newest as (
            select max(month_start_date) as month, max(holdout_end_date) as until
            from marts.customer_value_evaluation
            where purchase_kind = 'own_shop'
        )
        select
            (select count(*) from marts.customer_value_evaluation
                where holdout_end_date > date '2025-12-31'),
            (select came from marts.customer_value_evaluation, newest
                where month_start_date = month and measure = 'orders' and forecast = 'mean'
                    and purchase_kind = 'own_shop'),
            (
                select count(distinct (customer_key, conversion_date))
                from marts.fct_conversion, newest
                where conversion_type = 'sale' and net_revenue_amount > 0.0001
                    and place_type in ('own_shop', 'social_shop')
                    and conversion_date > last_day(month) and conversion_date <= until
                    and customer_key in (
                        select earlier.customer_key from marts.fct_conversion as earlier
                        where conversion_type = 'sale' and net_revenue_amount > 0.0001
                            and place_type in ('own_shop', 'social_shop')
                            and conversion_date <= last_day(month)
                    )
            )
        """,
    )
    assert early == 0
    assert came == conversions

"""The queries about sellers (Q01, Q04 to Q06, Q22, Q23) on the sample, against its truth."""

from __future__ import annotations

from collections import defaultdict

import duckdb
import pytest
from questions_asked import asked, rows


def names_of_distributors(marts: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(rows(marts, "select distributor_name, distributor_code from marts.dim_distributor"))


def test_q01_counts_the_purchases_that_people_truly_made(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    told = {row["place_type"]: row for row in asked(marts, "q01") if row["purchases"]}
    true = dict(
        rows(
            marts,
            """
            select case place when 'own_web' then 'own_shop' when 'store' then 'physical_store'
                else place end, count(*)
            from truth.conversion where is_identified group by all
            """,
        )
    )
    assert set(told) == set(true)
    assert told["physical_store"]["purchases"] == true["physical_store"]
    for place in ("own_shop", "social_shop"):
        missed = true[place] - told[place]["purchases"]
        assert 0 <= missed <= 0.02 * true[place] + 1, "guests without a name or address"
    for row in told.values():
        assert 0 <= row["customers_only_here"] <= row["customers"] <= row["purchases"]
        assert 0 < row["mean_share_of_purchases"] <= 1
    ((customers,),) = rows(
        marts,
        "select count(distinct customer_key) from marts.fct_sale_line "
        "where customer_key <> -1 and sale_type = 'sale'",
    )
    shares = sum(row["customers"] * row["mean_share_of_purchases"] for row in told.values())
    assert shares == pytest.approx(customers), "each customer's shares sum to one"


def test_q04_listed_stores_truly_list_the_product(marts: duckdb.DuckDBPyConnection) -> None:
    """Never more stores than list it; few fewer, for slow sellers are unsold for a month.

    By names, since an e-tailer lists some products under a number of its own and an old name.
    """
    names = names_of_distributors(marts)
    listed = rows(
        marts,
        """
        select distributor_code, replace(product_name, ' (new design)', ''), count(*)
        from truth.listing inner join marts.dim_product as product
            on lpad(listing.gtin, 14, '0') = product.gtin
        where coalesce(listed_from, date '1900-01-01') <= (select max(period_end_date)
                from marts.fct_sell_out)
            and coalesce(listed_to, date '9999-12-31') > (select max(period_end_date) - 36
                from marts.fct_sell_out)
        group by all
        """,
    )
    true = {(distributor, product): stores for distributor, product, stores in listed}
    told = asked(marts, "q04")
    found: dict[tuple[str, str], int] = defaultdict(int)
    for row in told:
        assert 0 <= row["weighted_distribution"] <= 1
        product = row["product_name"].removesuffix(" (new design)")
        found[names[row["distributor_name"]], product] += row["stores_listed"]
    assert not {key for key, stores in found.items() if stores > true.get(key, 0)}
    assert sum(row["stores_listed"] for row in told) > 0.8 * sum(true.values())
    assert sum(row["stores_no_longer"] for row in told) > 0


def test_q05_share_of_shelf_is_the_true_one_and_space_goes_with_sales(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    names = names_of_distributors(marts)
    true = {
        (distributor, category): share
        for distributor, category, share in rows(
            marts,
            """
            select distributor_code, category,
                sum(facings) filter (not shelf.is_competitor) / sum(facings)
            from truth.shelf inner join marts.dim_product as product
                on lpad(shelf.gtin, 14, '0') = product.gtin
            where not is_spoiled
            group by all
            """,
        )
    }
    told = asked(marts, "q05")
    assert len(told) == len(true)
    for row in told:
        place = (names[row["distributor_name"]], row["shelf_category"])
        assert row["share_of_shelf"] == pytest.approx(true[place])
        assert 0.85 < row["availability"] < 1
    found = [row["facing_sell_out_correlation"] for row in told]
    assert sum(found) / len(found) > 0.1, "a facing truly draws buyers"


def test_q06_known_and_all_units_are_the_true_ones(marts: duckdb.DuckDBPyConnection) -> None:
    names = names_of_distributors(marts)
    told = {names[row["distributor_name"]]: row for row in asked(marts, "q06")}
    true = rows(
        marts,
        """
        select distributor_code, sum(units_each), sum(identified_units)
        from truth.sell_out where is_own_brand and not is_spoiled group by all
        """,
    )
    assert set(told) == {distributor for distributor, _, _ in true}
    for distributor, units, identified in true:
        row = told[distributor]
        assert row["sold_units"] == units
        if row["shares_baskets"]:
            assert row["identified_unit_share"] == pytest.approx(identified / units)
        else:
            assert row["identified_units"] is None
        assert row["days_covered_share"] > 0.95, "but for days without a sale"
    assert {name for name, row in told.items() if row["shares_baskets"]} == {"northmart"}
    assert told["superlider"]["units_without_value"] == told["superlider"]["sold_units"]


def test_q22_relations_are_those_that_were_stated(marts: duckdb.DuckDBPyConnection) -> None:
    names = names_of_distributors(marts)
    told = {names[row["distributor_name"]]: row for row in asked(marts, "q22")}
    assert told["zonaplus"]["relations"] == "ally > own_label_rival > direct_rival"
    assert told["andes"]["relation"] == "ally"
    ((cheap,),) = rows(
        marts,
        "select avg(price_original) filter (is_own_label) / "
        "avg(price_original) filter (not is_competitor) "
        "from truth.shelf where is_available and not is_spoiled and distributor_code = 'zonaplus'",
    )
    assert told["zonaplus"]["own_label_price_index"] == pytest.approx(cheap, rel=0.15)
    assert sum(row["share_of_sold_units"] for row in told.values()) < 1, "own shops sell, too"


def test_q23_prices_and_presence_are_those_on_the_shelf(marts: duckdb.DuckDBPyConnection) -> None:
    """Reckoned from the true shelves, in the money of each store."""
    true = {
        (distributor, gtin): (visits, index, share)
        for distributor, gtin, visits, index, share in rows(
            marts,
            """
            with shelf as (
                select shelf.*, category
                from truth.shelf inner join marts.dim_product as product
                    on lpad(shelf.gtin, 14, '0') = product.gtin
                where is_available and not is_spoiled
            ),
            ours as (
                select store_code, audit_date, category, avg(price_original) as mean_price,
                    min(price_original) as lowest_price
                from shelf where not is_competitor group by all
            )
            select distributor_code, gtin, count(*), avg(price_original / mean_price),
                sum((price_original < lowest_price)::integer) / count(lowest_price)
            from shelf left join ours using (store_code, audit_date, category)
            where is_competitor
            group by all
            """,
        )
    }
    names = names_of_distributors(marts)
    gtins = dict(
        rows(marts, "select product_name, gtin from marts.dim_product where is_competitor")
    )
    told = asked(marts, "q23")
    assert len(told) == len(true) > 50
    for row in told:
        visits, index, share = true[
            names[row["distributor_name"]], gtins[row["product_name"]].lstrip("0").rjust(13, "0")
        ]
        assert row["visits_with_theirs"] == visits
        assert row["price_index"] == pytest.approx(index, rel=1e-6)
        assert row["undercut_share"] == pytest.approx(share)
    assert {row["product_relation"] for row in told[:5]} <= {"own_label", "competitor"}
    labels = [row for row in told if row["product_relation"] == "own_label"]
    assert labels and all(row["undercut_share"] > 0.5 for row in labels), "made at 60 % of ours"

"""The company `open_data`: real data through feeds alone, to the totals that its publishers state.

Loading is tested here feed by feed; one test runs the whole line and asks the published marts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from orchestration.customer_value import fit_bg_nbd, summarize
from orchestration.lib.companies import load_company
from orchestration.lib.ingest import ingest_feed
from orchestration.lib.layouts import load_layouts
from orchestration.lib.reports import IngestReport
from orchestration.lib.settings import PROJECT_ROOT, Settings

CENT = 0.005


def environment(open_data_dir: Path, data: Path) -> dict[str, str]:
    return {
        "CFS_COMPANY": "open_data",
        "CFS_OPEN_DATA_DIR": str(open_data_dir),
        "CFS_DATA_DIR": str(data),
        "CFS_THREADS": "2",
    }


@pytest.fixture(scope="module")
def loaded(
    open_data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, IngestReport]]:
    """Bronze folder, and the report of each feed, without gate and warehouse."""
    data = tmp_path_factory.mktemp("open_data_loaded")
    settings = Settings.from_environment(environment(open_data_dir, data))
    company, layouts = load_company(settings), load_layouts()
    reports = {
        feed.name: ingest_feed(settings, company, feed, layouts[feed.layout_name])
        for feed in company.feeds
    }
    return settings.station("bronze"), reports


@pytest.fixture(scope="module")
def marts(
    open_data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file after the main job on an empty data folder."""
    data = tmp_path_factory.mktemp("open_data")
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.run"],
        cwd=PROJECT_ROOT,
        env={
            **os.environ,
            **environment(open_data_dir, data),
            "DAGSTER_HOME": str(data / "dagster"),
            "DBT_TARGET_PATH": str(data / "target"),
            "DBT_LOG_PATH": str(data / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    published = data / "published" / "customer_full_stack.duckdb"
    with duckdb.connect(str(published), read_only=True) as connection:
        yield connection


def one_row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[object, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("feed", "read", "rejected"),
    [
        ("gift_shop/order_line", 541_909, {}),
        ("grocer/basket_line", 75_000, {}),
        ("grocer/household", 801, {}),
        ("grocer/product", 92_331, {}),
        ("grocer/promotion", 360_535, {}),
        ("grocer/campaign", 27, {}),
        ("grocer/contact", 6_589, {}),
        ("grocer/coupon", 116_204, {"duplicate_key": 4_872}),
        ("grocer/coupon_redemption", 2_102, {}),
        ("olist/lead", 8_000, {}),
        ("olist/deal", 842, {}),
        ("olist/account", 3_095, {}),
        ("iowa/sell_in_line", 9_510, {}),
    ],
)
def test_every_row_is_loaded_or_in_quarantine(
    loaded: tuple[Path, dict[str, IngestReport]], feed: str, read: int, rejected: dict[str, int]
) -> None:
    (file,) = loaded[1][feed].files
    assert file.status == "loaded"
    assert (file.rows_read, file.by_rule) == (read, rejected)
    assert file.rows_loaded == read - sum(rejected.values())


def test_odd_rows_stay_and_are_counted(
    loaded: tuple[Path, dict[str, IngestReport]],
) -> None:
    reports = loaded[1]
    assert reports["gift_shop/order_line"].files[0].warned == {
        "duplicate_row": 5_268,
        "price_not_negative": 2,
    }
    assert reports["iowa/sell_in_line"].files[0].warned == {"duplicate_row": 3, "value_told": 7}
    assert reports["olist/account"].files[0].warned == {"city_told": 1}


def test_no_feed_has_surprising_columns(loaded: tuple[Path, dict[str, IngestReport]]) -> None:
    findings = [finding for report in loaded[1].values() for finding in report.findings]
    assert findings == []


def test_bronze_adds_up_to_the_published_totals(
    loaded: tuple[Path, dict[str, IngestReport]],
) -> None:
    bronze = loaded[0]
    with duckdb.connect() as connection:
        lines = f"read_parquet('{bronze}/shop/order_line/**/*.parquet')"
        assert one_row(
            connection,
            f"""
            select
                round(sum(quantity * unit_price), 3), count(distinct order_id),
                count(distinct customer_id), count(*) filter (customer_id is null),
                count(distinct country), count(*) filter (order_id like 'C%'),
            from {lines}
            """,
        ) == (9_747_747.934, 25_900, 4_372, 135_080, 38, 9_288)
        bottles, dollars, unnamed = one_row(
            connection,
            f"""
            select sum(quantity), sum(net_amount), count(*) filter (category is null)
            from read_parquet('{bronze}/erp/sell_in_line/**/*.parquet')
            """,
        )
        assert (bottles, unnamed) == (81_120, 3)
        assert dollars == pytest.approx(1_039_951.09, abs=CENT)


def test_the_grocers_weeks_begin_on_monday_in_new_york(
    loaded: tuple[Path, dict[str, IngestReport]], open_data_dir: Path
) -> None:
    baskets = f"read_parquet('{loaded[0]}/distributor/basket_line/**/*.parquet')"
    with duckdb.connect() as connection:
        first, last, in_utc = one_row(
            connection,
            f"""
            select min(_business_date), max(_business_date),
                count(*) filter (sold_at >= timestamp '2018-01-01')
            from {baskets}
            """,
        )
        assert (str(first), str(last), in_utc) == ("2017-01-01", "2017-12-31", 23)
        stray = one_row(
            connection,
            f"""
            select count(*)
            from {baskets} as line
            inner join read_csv(
                '{open_data_dir}/completejourney/transactions_sample.csv.gz'
            ) as sent
                on line.basket_id = sent.basket_id::varchar
                and line.product_code = sent.product_id::varchar
            where line._business_date not between
                date '2016-12-26' + 7 * (sent.week::integer - 1)
                and date '2016-12-26' + 7 * (sent.week::integer - 1) + 6
            """,
        )
        assert stray == (0,)


def test_published_sales_add_up(marts: duckdb.DuckDBPyConnection) -> None:
    found = {
        currency: (lines, cancelled, pytest.approx(amount, abs=CENT))
        for currency, lines, cancelled, amount in marts.execute(
            """
            select
                currency_code, count(*), count(*) filter (sale_type = 'cancellation'),
                sum(net_amount_original),
            from marts.fct_sale_line group by 1
            """
        ).fetchall()
    }
    assert found == {"GBP": (541_909, 9_288, 9_747_747.934), "USD": (75_000, 0, 233_935.24)}
    unknown = one_row(
        marts,
        "select count(*) from marts.fct_sale_line "
        "where currency_code = 'GBP' and not is_identified",
    )
    assert unknown == (135_080,)


def test_published_sell_in_and_sell_out_add_up(marts: duckdb.DuckDBPyConnection) -> None:
    assert one_row(
        marts,
        """
        select count(*), sum(quantity_units), round(sum(net_amount_original), 2),
            count(*) filter (distributor_key = -1 or product_key = -1 or ship_to_store_key = -1)
        from marts.fct_sell_in
        """,
    ) == (9_510, 81_120, 1_039_951.09, 0)
    value, first, last = one_row(
        marts,
        """
        select round(sum(sales_amount_original), 2), min(period_start_date), max(period_start_date)
        from marts.fct_sell_out
        """,
    )
    assert (value, str(first), str(last)) == (233_935.24, "2017-01-01", "2017-12-31")


def test_published_leads_keep_their_origin(marts: duckdb.DuckDBPyConnection) -> None:
    assert one_row(marts, "select count(*), count(won_at) from marts.fct_lead") == (8_000, 842)
    origins = dict(
        marts.execute(
            """
            select dim_channel.channel_code, count(*)
            from marts.fct_lead
            inner join marts.dim_channel using (channel_key)
            group by 1
            """
        ).fetchall()
    )
    assert origins["organic_search"] == 2_296
    assert origins["paid_search"] == 1_586
    assert origins["unknown_origin"] == 1_099 + 60
    assert sum(origins.values()) == 8_000


def test_leads_are_won_as_their_files_tell(
    marts: duckdb.DuckDBPyConnection, open_data_dir: Path
) -> None:
    """By origin, with pandas: leads, won, median days to the deal, each person once."""
    folder = open_data_dir / "olist_leads"
    leads = pd.read_csv(folder / "olist_marketing_qualified_leads_dataset.csv")
    deals = pd.read_csv(folder / "olist_closed_deals_dataset.csv")
    merged = leads.merge(deals[["mql_id", "won_date"]], on="mql_id", how="left")
    merged["origin"] = merged["origin"].fillna("unknown")
    captured, won = (
        pd.to_datetime(merged[column]).dt.tz_localize(
            "America/Sao_Paulo", ambiguous=True, nonexistent="shift_forward"
        )
        for column in ("first_contact_date", "won_date")
    )
    merged["days"] = (won - captured).dt.total_seconds() / 86400
    expected = {
        origin: (len(group), int(group["won_date"].notna().sum()), round(group["days"].median(), 6))
        for origin, group in merged.groupby("origin")
    }
    held = marts.execute(
        """
        select lead_source, count(*), count(won_at),
            round(median(date_diff('second', captured_at, won_at) / 86400.0), 6)
        from marts.fct_lead
        where is_counted and not is_inferred
        group by lead_source
        """
    ).fetchall()
    assert {origin: tuple(values) for origin, *values in held} == expected
    assert one_row(
        marts,
        "select count(*) filter (account_customer_key <> -1), "
        "count(*) filter (account_customer_key <> -1 and won_at is null), "
        "count(*) filter (deal_count > 0), sum(unknown_margin_deal_count) from marts.fct_lead",
    ) == (842, 0, 842, 842)
    assert marts.execute(
        "select transition_type, stage, count(*) from marts.fct_lead_stage "
        "group by all order by all"
    ).fetchall() == [
        ("forward", "mql", 8_000),
        ("forward", "won", 842),
        ("start", "captured", 8_000),
    ]
    assert marts.execute(
        "select system, record_kind, status, record_count, is_unmapped "
        "from marts.lead_status_mapping where record_kind <> 'ticket'"
    ).fetchall() == [("olist", "lead", "MQL", 8_000, False)]


def test_published_shelves_hold_every_promotion(marts: duckdb.DuckDBPyConnection) -> None:
    assert one_row(
        marts,
        "select count(*), count(distinct audit_date), min(audit_date)::varchar "
        "from marts.fct_shelf_audit",
    ) == (360_535, 53, "2016-12-26")


def test_nobody_is_merged_but_sellers_with_their_lead(marts: duckdb.DuckDBPyConnection) -> None:
    """Households, account numbers of the gift shop and leads carry no name, address or phone."""
    kinds = marts.execute(
        """
        select kinds, count(*) from (
            select string_agg(record_type, '+' order by record_type) as kinds
            from marts.bridge_customer_identity group by customer_key
        )
        where kinds like '%+%' group by kinds
        """
    ).fetchall()
    assert kinds == [("account+lead", 842)]
    assert one_row(
        marts, "select count(*), count(distinct rule) from marts.customer_match where is_used"
    ) == (842, 1)
    assert one_row(marts, "select count(*) from marts.customer_review") == (0,)


def test_the_web_shops_customers_are_valued_as_by_hand(marts: duckdb.DuckDBPyConnection) -> None:
    """Counted from the conversions and fitted once more; a free order makes one customer more."""
    sales = marts.sql(
        "select customer_key, conversion_date, net_revenue_amount from marts.fct_conversion "
        "where conversion_type = 'sale' and place_type = 'own_shop' "
        "and net_revenue_amount > 0.0001"
    ).to_arrow_table()
    rows = summarize(
        sales, "customer_key", "conversion_date", unit="day", observation_end="2011-12-31"
    ).customers
    model = fit_bg_nbd(rows["frequency"], rows["recency"], rows["age"])
    held = marts.sql(
        "select customer_count, returning_customer_count, r_shape, alpha_days, log_likelihood "
        "from marts.customer_value_model "
        "where month_start_date = date '2011-12-01' and purchase_kind = 'own_shop'"
    ).fetchall()
    by_hand = (len(rows), (rows["frequency"] > 0).sum(), model.r, model.alpha, model.log_likelihood)
    assert held[0] == pytest.approx(by_hand, rel=0.002)
    assert held[0][2] == pytest.approx(0.8, abs=0.05)


def test_a_shop_that_fell_silent_is_not_foretold(marts: duckdb.DuckDBPyConnection) -> None:
    """The web shop's data end in 2011, the grocer's begin in 2017."""
    told = marts.sql(
        "select distinct value_model, notes from marts.customer_value_model "
        "where month_start_date >= date '2017-01-01' and purchase_kind = 'own_shop'"
    ).fetchall()
    assert [model for model, _ in told] == ["none"]
    assert "more than 90 days" in str(told[0][1])

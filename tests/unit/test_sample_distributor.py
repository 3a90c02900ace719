"""The sample's distributors: their files, read back by the feeds, tell what really happened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.lib.companies import Company, load_company
from orchestration.lib.ingest import ingest_feed
from orchestration.lib.layouts import load_layouts
from orchestration.lib.reports import IngestReport
from orchestration.lib.settings import Settings
from orchestration.sample import chance, distributor, products, sell_through, stores
from orchestration.sample.parameters import BRANDS, Calendar, Parameters, calendar_for

END = date(2025, 12, 31)
SENDERS = ("hiper_sol", "superlider", "northmart", "zonaplus", "andes", "erp")


def world(calendar: Calendar, seed: int = 7, people: int = 400) -> duckdb.DuckDBPyConnection:
    """People and purchases without journeys: what the distributors' files are made from."""
    con = chance.connect(seed)
    params = Parameters(scale=people / 1_000_000, seed=seed)
    products.build(con, params)
    stores.build(con, params)
    con.execute(
        f"""
        create table person as
        select
            i as person_id,
            pick(['ES', 'MX', 'CO', 'US', 'GB'], chance(i, 'market')) as market,
            '28001' as postal_code,
            date '1980-01-01' + i::integer as birth_date,
            case when i % 2 = 0 then (2900000000000 + i)::varchar end as loyalty_card_id,
        from range({people}) as t (i);
        create table noisy_person as
        select person_id, 'loyalty' as system, 'María' as given_name, 'Núñez' as family_name,
            person_id || '@x.example' as email, '600' || person_id as phone_national,
        from person;
        create table purchase as
        with bought as (
            select
                i,
                i % {people} as person_id,
                timestamp '{calendar.start}' + to_seconds(
                    (chance(i, 'when') * {calendar.day_count} * 86400)::bigint
                ) as purchased_at,
                if(chance(i, 'place') < 0.2, 'e_tailer', 'store') as place,
            from range({people * 5}) as t (i)
        ),
        placed as (
            select bought.*, person.market, person.loyalty_card_id, store.store_code,
                store.distributor_code, store_range.gtins,
            from bought
            inner join person using (person_id)
            inner join store
                on person.market = store.market and bought.place = store.place and store.weight > 0
            inner join store_range using (store_code)
            qualify row_number() over (
                partition by bought.i
                order by chance(hash(bought.i || store.store_code) >> 2, 'store')
            ) = 1
        )
        select
            person_id, purchased_at, market, place, store_code, distributor_code,
            pick(gtins, chance(i, 'product')) as gtin,
            1 + i % 3 as quantity,
            5.5 as unit_price_eur,
            if(distributor_code = 'northmart', loyalty_card_id, null) as card_id,
            card_id is not null as is_identified,
            i as journey_id,
        from placed
        """
    )
    return con


def write(folder: Path, calendar: Calendar, seed: int = 7) -> duckdb.DuckDBPyConnection:
    """Write the distributors' files below `folder`; the connection holds the truth."""
    con = world(calendar, seed)
    distributor.write(con, folder, Parameters(scale=0.0004, seed=seed), calendar)
    return con


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def ingested(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path, dict[str, IngestReport]]]:
    """Truth, bronze folder of layout `distributor`, and the reports by feed."""
    data = tmp_path_factory.mktemp("data")
    con = write(data / "inbox" / "sample", calendar_for(END, 90))
    settings = Settings.from_environment({"CFS_DATA_DIR": str(data), "CFS_COMPANY": "sample"})
    company, layouts = load_company(settings), load_layouts()
    reports: dict[str, IngestReport] = {}
    for feed in company.feeds:
        if feed.source in SENDERS:
            reports[feed.name] = ingest_feed(settings, company, feed, layouts[feed.layout_name])
    yield con, data / "bronze" / "sample", reports
    con.close()


def test_company_yaml_names_the_same_distributors_and_brands() -> None:
    company: Company = load_company(Settings.from_environment({"CFS_COMPANY": "sample"}))
    told = {
        item.code: (
            item.name,
            item.type,
            item.country,
            item.gln,
            tuple((step.relation, str(step.valid_from)) for step in item.relations),
        )
        for item in company.distributors
    }
    made = {
        item.code: (item.name, item.type, item.country, item.gln, item.relations)
        for item in stores.DISTRIBUTORS
    }
    assert told == made
    assert company.own_brands == BRANDS


def test_check_digits_follow_gs1() -> None:
    assert products.gtin("629104150021") == "6291041500213"  # example of the GS1 specifications
    con = world(calendar_for(END, 10))
    codes = con.execute(
        """
        select unnest([gtin, inner_gtin, case_gtin]) from product
        union all select gtin from competitor_product
        union all select gln from store
        union all select gln from distributor
        """
    ).fetchall()
    assert len(codes) > 150
    for (code,) in codes:
        assert code == products.gtin(code[:-1])


def test_stores_share_each_market_and_sell_what_they_list() -> None:
    con = world(calendar_for(END, 10))
    shares = con.execute(
        "select sum(weight) from store where place != 'warehouse' group by market, place"
    ).fetchall()
    assert len(shares) == 10
    assert all(share == pytest.approx(1, abs=1e-6) for (share,) in shares)
    stray = con.execute(
        """
        select count(*)
        from (select store_code, unnest(gtins) as gtin from store_range) as offered
        anti join listing using (store_code, gtin)
        """
    ).fetchone()
    assert stray == (0,)


def test_sell_out_in_five_layouts_reads_back_to_the_unit(ingested) -> None:
    con, bronze, _ = ingested
    found = con.execute(
        f"""
        with codes as (
            select gtin as code, gtin, 1 as pack from product
            union all select ltrim(gtin, '0'), gtin, 1 from product where gtin like '0%'
            union all select case_gtin, gtin, case_units from product
            union all select gtin, gtin, 1 from competitor_product
            union all
            select item.product_code, item.gtin, 1
            from read_parquet('{bronze}/distributor/product/zonaplus/*.parquet') as item
            where item.gtin is not null
        ),
        read_back as (
            select
                line._source as distributor_code,
                line._source || ':' || line.store_code as store_code,
                codes.gtin,
                line.period_start,
                sum(line.units * case
                    when line.unit_of_measure = 'each' then 1
                    when codes.pack > 1 then codes.pack
                    else product.case_units
                end) as units,
                sum(line.value) as value,
            from read_parquet('{bronze}/distributor/sell_out/*/*.parquet') as line
            inner join codes on line.product_code = codes.code
            left join product on codes.gtin = product.gtin
            group by all
        )
        select
            distributor_code,
            count(*) as truth_rows,
            count(*) filter (read_back.gtin is null) as missing,
            count(*) filter (abs(read_back.units - truth.units_each) > 1e-9) as other_units,
            count(*) filter (abs(read_back.value - truth.value_original) > 0.005) as other_values,
        from (select * from truth_sell_out where not is_spoiled) as truth
        full join read_back using (distributor_code, store_code, gtin, period_start)
        where truth.gtin is null or distributor_code != 'zonaplus' or truth.gtin in (
            select gtin from read_parquet('{bronze}/distributor/product/zonaplus/*.parquet')
        )
        group by 1
        """
    ).fetchall()
    assert {row[0] for row in found} == {
        "hiper_sol",
        "superlider",
        "northmart",
        "zonaplus",
        "andes",
    }
    for distributor_code, rows, missing, other_units, other_values in found:
        assert rows > 200, distributor_code
        assert (missing, other_units, other_values) == (0, 0, 0), distributor_code


def test_stock_sell_in_and_shelves_read_back(ingested) -> None:
    con, bronze, _ = ingested
    for layout, told, truth in (
        (
            "distributor/stock",
            "_source, count(*), sum(units)",
            "select distributor_code, count(*), sum(units_each) from truth_stock",
        ),
        (
            "erp/sell_in_line",
            "distributor_code, count(*), sum(quantity * units_per_pack)",
            "select distributor_code, count(*), sum(units) from truth_sell_in",
        ),
        (
            "distributor/shelf_audit",
            "_source, count(*), sum(facings)",
            "select distributor_code, count(*), sum(facings) from truth_shelf where not is_spoiled",
        ),
    ):
        read_back = con.execute(
            f"select {told} from read_parquet('{bronze}/{layout}/*/*.parquet') "
            "group by 1 order by 1"
        ).fetchall()
        assert read_back == con.execute(f"{truth} group by 1 order by 1").fetchall(), layout
        assert len(read_back) >= 3


def test_baskets_are_the_identified_part_of_the_same_day(ingested) -> None:
    con, bronze, _ = ingested
    baskets = f"""
        select
            'northmart:' || store_code as store_code, product_code, _business_date as sold_on,
            sum(quantity) as units,
        from (select distinct * exclude (_row, _file, _load_id, _received_at, _period)
              from read_parquet('{bronze}/distributor/basket_line/northmart/*.parquet'))
        group by all
    """
    truth = """
        select store_code, ltrim(gtin, '0') as product_code, sold_on, identified_units as units
        from retail_sale_day where identified_units > 0
    """
    assert con.execute(f"({baskets}) except ({truth})").fetchall() == []
    assert con.execute(f"({truth}) except ({baskets})").fetchall() == []
    share = con.execute(
        "select sum(identified_units) / sum(units_each) from truth_sell_out "
        "where distributor_code = 'northmart'"
    ).fetchone()
    assert share is not None and 0.02 < share[0] < 0.5


def test_planted_faults_come_back_as_what_they_are(ingested) -> None:
    con, _, reports = ingested
    planted = {
        (file, kind): rows
        for file, kind, rows in con.execute("select file, kind, rows from planted_fault").fetchall()
    }

    def rejected(feed: str) -> dict[str, int]:
        rules: dict[str, int] = {}
        for file in reports[feed].files:
            for rule, rows in file.by_rule.items():
                rules[rule] = rules.get(rule, 0) + rows
        return rules

    spoiled = rejected("hiper_sol/sell_out")
    assert spoiled["gtin_check_digit"] == planted["hiper_sol/ventas_*.csv", "wrong_check_digit"] > 0
    assert spoiled["duplicate_key"] == planted["hiper_sol/ventas_*.csv", "duplicate_row"] > 0
    assert spoiled["required_product_code"] == planted["hiper_sol/ventas_*.csv", "footer_row"] > 0
    audits = [
        rejected(f"{chain}/shelf_audit") for chain in ("hiper_sol", "superlider", "northmart")
    ]
    for rule, kind in (
        ("required_product_code", "missing_code"),
        ("price_not_negative", "negative_price"),
    ):
        found = sum(rules.get(rule, 0) for rules in audits)
        assert found == planted["field_audit/visits_*.csv", kind], kind
    refused = [file.file for file in reports["hiper_sol/stock"].files if file.status == "refused"]
    assert refused == [f.split("/")[1] for f, kind in planted if kind == "malformed_file"]
    restated = [f for f, kind in planted if kind == "restated_file"]
    superseded = [
        file.file for file in reports["hiper_sol/sell_out"].files if file.status == "superseded"
    ]
    assert superseded == [restated[0].split("/")[1]]
    for kind in (
        "late_row",
        "lost_leading_zeros",
        "mixed_units",
        "negative_units",
        "renamed_column",
    ):
        assert sum(rows for (_, name), rows in planted.items() if name == kind) > 0, kind


def test_stock_never_falls_below_zero_and_facings_sell(ingested) -> None:
    con, _, _ = ingested
    assert con.execute("select min(units_each) >= 0 from truth_stock").fetchone() == (True,)
    lift = con.execute(
        """
        select corr(truth_listing.facings, sold.units / product.popularity / store.weight)
        from truth_listing
        inner join store using (store_code)
        inner join product using (gtin)
        inner join (
            select store_code, gtin, sum(units - known_units) as units
            from retail_sale_day group by all
        ) as sold using (store_code, gtin)
        where truth_listing.listed_from is null and truth_listing.listed_to is null
            and store.distributor_code = 'hiper_sol'
        """
    ).fetchone()
    assert lift is not None and lift[0] > 0.3
    assert sell_through.RATES["facing_lift"] > 0


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    calendar = calendar_for(END, 40)
    for name, seed in (("first", 7), ("second", 7), ("third", 8)):
        write(tmp_path / name, calendar, seed)
    first = hashes(tmp_path / "first")
    assert len(first) > 60
    assert hashes(tmp_path / "second") == first
    assert hashes(tmp_path / "third") != first


def test_files_up_to_a_day_are_the_same_as_in_the_whole_history(tmp_path: Path) -> None:
    write(tmp_path / "all", calendar_for(END, 40))
    con = write(tmp_path / "some", calendar_for(END, 40, until=date(2025, 12, 28)))
    whole, part = hashes(tmp_path / "all"), hashes(tmp_path / "some")
    assert 0 < len(part) < len(whole)
    assert part.items() <= whole.items()
    assert not any("2025-12-29" in name or "2025-12-3" in name for name in part)
    latest = con.execute("select max(period_end) from truth_sell_out").fetchone()
    assert latest is not None and latest[0] <= date(2025, 12, 28)

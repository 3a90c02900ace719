"""What the distributors and the brand's ERP deliver, with the errors that such files have.

Each distributor has a layout of its own (`sell_out_files`, `basket_files`, `retail_lists`), the
brand writes `brand_files`; what is true stands in `sell_through` and `supply`. The truth tables of
this module say what was reported, row by row.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.sample import (
    basket_files,
    brand_files,
    retail_lists,
    sell_out_files,
    sell_through,
    supply,
)
from orchestration.sample.house_files import HouseFiles
from orchestration.sample.parameters import Calendar, Parameters

MESS: dict[str, float] = {
    "late_row": 0.008,
    "duplicate_row": 0.004,
    "wrong_check_digit": 0.002,
    "restated_row": 0.03,
    "audit_without_code": 0.003,
    "audit_negative_price": 0.001,
    "member_refuses_marketing": 0.3,
}
"""Shares of rows that are spoiled on purpose; `planted_fault` says how many it came to be."""


def write(
    con: duckdb.DuckDBPyConnection, out: Path, params: Parameters, calendar: Calendar
) -> None:
    """Write every file of the distributor family below `out`.

    Reads `purchase`, `person`, `noisy_person` and the tables of `products.build` and
    `stores.build`. Creates truth_sell_out, truth_sell_in, truth_stock, truth_listing,
    truth_shelf, truth_retail_media, truth_distributor_total, truth_distributor_parameter and
    loyalty_member (with person_id), and adds to planted_fault and written_file. Rows of truth
    tables are those that stand in a file as of the calendar's `until`; `is_spoiled` rows were
    made unreadable.
    """
    sell_through.build(con, params, calendar)
    supply.build(con, params, calendar)
    files = HouseFiles(con, out, calendar)
    _report_sell_out(con, files)
    _report_stock(con, files)
    _report_sell_in(con, files)
    sell_out_files.write(files, MESS)
    basket_files.write(files, MESS)
    retail_lists.write(files, MESS)
    brand_files.write(files, MESS)
    files.note_written()
    _keep_delivered(con, files)
    _total(con)
    _tell_parameters(con)


def _report_sell_out(con: duckdb.DuckDBPyConnection, files: HouseFiles) -> None:
    """One row per store, product and reported period, with the file that it is in."""
    weekly = ", ".join(f"'{code}'" for code in sell_through.WEEKLY)
    con.execute(
        f"""
        create or replace table truth_sell_out as
        with own as (
            select
                distributor_code,
                market,
                store_code,
                gtin,
                distributor_code in ({weekly}) as is_weekly,
                case when is_weekly then week_start else sold_on end as period_start,
                case when is_weekly then week_start + 6 else sold_on end as period_end,
                sum(units)::bigint as units_each,
                sum(value_eur) as value_eur,
                sum(known_units)::bigint as known_units,
                sum(identified_units)::bigint as identified_units,
                bool_or(is_promotion) as is_promotion,
                true as is_own_brand,
            from retail_sale_day
            group by all
        ),
        category as (
            select
                distributor_code,
                market,
                store_code,
                gtin,
                true as is_weekly,
                week_start as period_start,
                week_start + 6 as period_end,
                units as units_each,
                value_eur,
                0 as known_units,
                0 as identified_units,
                false as is_promotion,
                false as is_own_brand,
            from retail_category_week
        ),
        reported as (
            select * from own
            union all
            select * from category
        )
        select
            reported.store_code || reported.gtin || reported.period_start as row_name,
            reported.* exclude (value_eur, is_weekly),
            reported.value_eur::double as value_eur,
            round(reported.value_eur::double / retail_market.rate, 2) as value_original,
            retail_market.currency,
            draw(row_name, 'late') < {MESS["late_row"]}
            and file_day.file_number < {files.last_number} as is_late,
            file_day.file_number + is_late::integer as file_number,
            reported.distributor_code = 'hiper_sol'
            and draw(row_name, 'check digit') < {MESS["wrong_check_digit"]} as is_spoiled,
        from reported
        inner join retail_market using (market)
        inner join file_day on reported.period_end = file_day.day
        where reported.units_each != 0 or reported.value_eur != 0
        """
    )


def _report_stock(con: duckdb.DuckDBPyConnection, files: HouseFiles) -> None:
    senders = ", ".join(f"'{code}'" for code in sell_through.STOCK_REPORTED_BY)
    con.execute(
        f"""
        create or replace table truth_stock as
        select
            retail_stock.distributor_code,
            retail_stock.store_code,
            retail_stock.gtin,
            retail_stock.stock_date,
            retail_stock.units as units_each,
            file_day.file_number,
        from retail_stock
        inner join file_day on retail_stock.stock_date = file_day.day
        where retail_stock.distributor_code in ({senders})
        """
    )


def _report_sell_in(con: duckdb.DuckDBPyConnection, files: HouseFiles) -> None:
    con.execute(
        f"""
        create or replace table truth_sell_in as
        select
            retail_sell_in.*,
            draw(invoice_id || gtin, 'late') < {MESS["late_row"]}
            and file_day.file_number < {files.last_number} as is_late,
            file_day.file_number + is_late::integer as file_number,
        from retail_sell_in
        inner join file_day on retail_sell_in.invoice_date = file_day.day
        """
    )


def _keep_delivered(con: duckdb.DuckDBPyConnection, files: HouseFiles) -> None:
    """Drop from the truth what no file holds yet."""
    last = max((number for number, _ in files.written()), default=-1)
    for table in (
        "truth_sell_out",
        "truth_stock",
        "truth_sell_in",
        "truth_shelf",
        "truth_retail_media",
    ):
        con.execute(f"delete from {table} where file_number > {last}")
    con.execute("alter table truth_sell_out drop column row_name")


def _total(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        create or replace table truth_distributor_total as
        select
            distributor_code,
            'sell_out' as table_name,
            count(*) as row_count,
            count(*) filter (is_spoiled) as spoiled_row_count,
            sum(units_each)::bigint as units,
            sum(units_each) filter (is_own_brand)::bigint as own_brand_units,
            sum(known_units)::bigint as known_units,
            sum(identified_units)::bigint as identified_units,
            round(sum(value_eur), 2) as value_eur,
            round(sum(value_original), 2) as value_original,
        from truth_sell_out
        group by all
        union all by name
        select
            distributor_code,
            'sell_in' as table_name,
            count(*) as row_count,
            sum(units)::bigint as units,
            round(sum(net_eur), 2) as value_eur,
            round(sum(net_original), 2) as value_original,
        from truth_sell_in
        group by all
        union all by name
        select
            distributor_code,
            'stock' as table_name,
            count(*) as row_count,
            sum(units_each)::bigint as units,
        from truth_stock
        group by all
        union all by name
        select distributor_code, 'shelf_audit' as table_name, count(*) as row_count,
        from truth_shelf
        group by all
        order by 1, 2
        """
    )


def _tell_parameters(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        create or replace table truth_distributor_parameter (
            kind varchar, name varchar, value double
        )
        """
    )
    con.executemany(
        "insert into truth_distributor_parameter values (?, ?, ?)",
        [
            *(("behaviour", name, value) for name, value in sell_through.RATES.items()),
            *(("mess", name, value) for name, value in MESS.items()),
            ("behaviour", "retail_media_claimed", brand_files.RETAIL_MEDIA_CLAIMED_SHARE),
        ],
    )

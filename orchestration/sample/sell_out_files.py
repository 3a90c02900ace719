"""How each distributor writes its sales and stock: five house layouts, with their errors.

hiper_sol    CSV with semicolons, cp1252, decimal comma, dd/mm/yyyy, Spanish headers; weeks
superlider   Excel: titles above the header, one column per week, no value
northmart    CSV, ISO dates, GTINs that lost their zeros, some products in cases; days
zonaplus     JSON lines, own item numbers instead of GTINs; days
andes        tab-separated; full cases by their GTIN-14, the rest by consumer unit; weeks
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from orchestration.sample.house_files import HIPER_SOL, JSON_LINES, TAB, HouseFiles

CASE_CATEGORIES = "('Chocolate', 'Snacks')"
ITEM = "'ZP' || upper(to_base((hash(gtin) % 2000000000)::bigint, 36, 7))"
"""zonaplus's own item number of a GTIN."""

_LOGIN_PAGE = (
    '<!DOCTYPE html>\n<html lang="es"><head><title>Portal de proveedores</title></head>\n'
    "<body><h1>Su sesi\u00f3n ha caducado</h1><p>Vuelva a identificarse.</p></body></html>\n"
)


def write(files: HouseFiles, mess: dict[str, float]) -> None:
    """Write sell-out and stock files of every distributor; `mess` gives the error rates."""
    _write_hiper_sol(files, mess)
    _write_superlider(files)
    _write_northmart(files, mess)
    _write_zonaplus(files, mess)
    _write_andes(files)
    _note_common_faults(files)


def _comma(expression: str) -> str:
    """SQL of a number with two decimals as Spanish spreadsheets write it: 1.234,50."""
    return f"translate(format('{{:,.2f}}', {expression}), ',.', '.,')"


def _write_hiper_sol(files: HouseFiles, mess: dict[str, float]) -> None:
    files.con.execute(
        f"""
        create or replace temp table hiper_sol_line as
        select
            truth.*,
            store.distributor_store_code as centro,
            case
                when is_spoiled
                    then left(truth.gtin, 12) || ((right(truth.gtin, 1)::integer + 3) % 10)::varchar
                else truth.gtin
            end as ean,
            offer.name,
            copy.copy,
        from truth_sell_out as truth
        inner join store using (store_code)
        inner join (
            select gtin, name from product union all select gtin, name from competitor_product
        ) as offer on truth.gtin = offer.gtin
        inner join (values (1), (2)) as copy (copy)
            on copy = 1 or draw(truth.row_name, 'duplicate') < {mess["duplicate_row"]}
        where truth.distributor_code = 'hiper_sol'
        """
    )

    def lines(number: int, units: str = "units_each") -> str:
        return f"""
            select
                centro as "Centro", ean as "EAN", name as "Descripción",
                strftime(period_start, '%d/%m/%Y') as "Fecha inicio",
                strftime(period_end, '%d/%m/%Y') as "Fecha fin",
                {units} as "Unidades", {_comma("value_original")} as "Importe",
                case when is_promotion then 'S' else 'N' end as "Oferta",
            from hiper_sol_line where file_number = {number}
            order by period_start, centro, ean, copy
        """

    def footer(number: int) -> str:
        return f"""
            select 'TOTAL;;;;;' || sum(units_each) || ';' || {_comma("sum(value_original)")} || ';'
            from hiper_sol_line where file_number = {number}
        """

    files.write_periods("hiper_sol/ventas_{period}.csv", lines, HIPER_SOL, footer)
    files.note_fault(
        "hiper_sol/ventas_*.csv",
        "footer_row",
        files.count("hiper_sol/ventas_"),
        "a line TOTAL without a product ends each file",
    )
    _restate_hiper_sol(files, mess, lines, footer)
    _write_hiper_sol_stock(files)


def _restate_hiper_sol(
    files: HouseFiles,
    mess: dict[str, float],
    lines: Callable[..., str],
    footer: Callable[[int], str],
) -> None:
    """The file of one month goes out wrong first and is sent again under another name."""
    number = files.middle_number
    period = files.periods[number]
    first = f"hiper_sol/ventas_{period.name}.csv"
    if not files.calendar.is_written(period.last_day) or first not in files.row_counts:
        return
    altered = f"draw(row_name, 'restated') < {mess['restated_row']}"
    below = footer(number)
    query = lines(number, f"units_each + case when {altered} then 5 else 0 end")
    rows = files.write(first, query, HIPER_SOL, below)
    files.write(f"hiper_sol/ventas_{period.name}_v2.csv", lines(number), HIPER_SOL, below)
    changed = files.scalar(
        f"select count(*) from hiper_sol_line where file_number = {number} and {altered}"
    )
    files.note_fault(
        first,
        "restated_file",
        rows,
        f"superseded by {period.name}_v2, which is right; {changed} rows differ in units",
    )


def _write_hiper_sol_stock(files: HouseFiles) -> None:
    def lines(number: int) -> str:
        return f"""
            select
                store.distributor_store_code as "Centro", stock.gtin as "EAN",
                strftime(stock.stock_date, '%d/%m/%Y') as "Fecha",
                translate(format('{{:,}}', stock.units_each), ',', '.') as "Existencias",
            from truth_stock as stock inner join store using (store_code)
            where stock.distributor_code = 'hiper_sol' and stock.file_number = {number}
            order by stock.stock_date, 1, 2
        """

    files.write_periods("hiper_sol/existencias_{period}.csv", lines, HIPER_SOL)
    sent = f"hiper_sol/existencias_{files.periods[files.middle_number].name}.csv"
    if sent in files.row_counts:
        again = sent.replace(".csv", "_v2.csv")
        files.write_bytes(again, _LOGIN_PAGE.encode("cp1252"))
        files.note_fault(
            again, "malformed_file", 0, "a login page saved as CSV; what was sent before holds"
        )


def _write_superlider(files: HouseFiles) -> None:
    """A workbook per period: weeks that it is about stand side by side."""
    lines = files.con.execute(
        """
        select
            truth.file_number,
            store.distributor_store_code::bigint as "Tienda",
            store.name as "Nombre",
            truth.gtin::bigint as "UPC",
            product.name as "Artículo",
            'Sem ' || truth.period_start as week,
            truth.units_each as units,
        from truth_sell_out as truth
        inner join store using (store_code)
        inner join product on truth.gtin = product.gtin
        where truth.distributor_code = 'superlider'
        order by 1, 2, 4, 6
        """
    ).df()
    identity = ["Tienda", "Nombre", "UPC", "Artículo"]
    for number, period in files.written():
        chosen = lines[lines["file_number"] == number]
        if chosen.empty:
            continue
        table = chosen.pivot(index=identity, columns="week", values="units").reset_index()
        weeks = [column for column in table.columns if str(column).startswith("Sem ")]
        table["Total"] = table[weeks].sum(axis=1)
        bottom = {"Nombre": "TOTAL GENERAL"} | {
            week: table[week].sum() for week in [*weeks, "Total"]
        }
        table = pd.concat([table, pd.DataFrame([bottom])], ignore_index=True)
        titles = [
            "SuperLíder S.A. de C.V.",
            "Ventas por tienda y semana (piezas)",
            f"Periodo {period.name}",
            "",
        ]
        files.write_workbook(f"superlider/ventas_{period.name}.xlsx", {"Ventas": (titles, table)})
    files.note_fault(
        "superlider/ventas_*.xlsx",
        "total_row",
        files.count("superlider/ventas_"),
        "a last row with the sums of all stores, and a column Total",
    )


def _write_northmart(files: HouseFiles, mess: dict[str, float]) -> None:
    files.con.execute(
        f"""
        create or replace temp table northmart_line as
        select
            truth.*,
            store.distributor_store_code as store_id,
            ltrim(truth.gtin, '0') as upc,
            product.category in {CASE_CATEGORIES} as is_case,
            case when is_case then truth.units_each / product.case_units else truth.units_each end
                as reported,
            copy.copy,
        from truth_sell_out as truth
        inner join store using (store_code)
        inner join product on truth.gtin = product.gtin
        inner join (values (1), (2)) as copy (copy)
            on copy = 1 or draw(truth.row_name, 'duplicate') < {mess["duplicate_row"]}
        where truth.distributor_code = 'northmart'
        """
    )

    def lines(number: int) -> str:
        quantity = "qty" if number < files.middle_number else "units_sold"
        return f"""
            select
                store_id, upc, period_start as sale_date,
                case when is_case then 'CS' else 'EA' end as uom,
                rtrim(rtrim(format('{{:.4f}}', reported), '0'), '.') as {quantity},
                value_original as net_sales, currency,
                case when is_promotion then 1 else 0 end as promo,
            from northmart_line where file_number = {number}
            order by sale_date, store_id, upc, copy
        """

    files.write_periods("northmart/sellout_{period}.csv", lines)
    for kind, condition, description in (
        ("lost_leading_zeros", "upc != gtin", "a GTIN without its leading zeros"),
        ("mixed_units", "is_case", "units in cases (uom CS) of chocolate and snacks"),
        ("renamed_column", f"file_number >= {files.middle_number}", "qty is called units_sold"),
    ):
        files.note_rows("northmart_line", "northmart/sellout_*.csv", kind, condition, description)
    _write_northmart_stock(files)


def _write_northmart_stock(files: HouseFiles) -> None:
    def lines(number: int) -> str:
        return f"""
            select
                store.distributor_store_code as store_id, ltrim(stock.gtin, '0') as upc,
                stock.stock_date as on_date, stock.units_each as on_hand,
            from truth_stock as stock inner join store using (store_code)
            where stock.distributor_code = 'northmart' and stock.file_number = {number}
            order by 3, 1, 2
        """

    files.write_periods("northmart/stock_{period}.csv.gz", lines)


def _write_zonaplus(files: HouseFiles, mess: dict[str, float]) -> None:
    files.con.execute(
        f"""
        create or replace temp table zonaplus_line as
        select truth.*, store.distributor_store_code as site, copy.copy,
        from truth_sell_out as truth
        inner join store using (store_code)
        inner join (values (1), (2)) as copy (copy)
            on copy = 1 or draw(truth.row_name, 'duplicate') < {mess["duplicate_row"]}
        where truth.distributor_code = 'zonaplus'
        """
    )

    def sales(number: int) -> str:
        return f"""
            select
                site, {ITEM} as item, period_start as day, units_each as units,
                value_original as gmv, currency, is_promotion as deal,
            from zonaplus_line where file_number = {number}
            order by day, site, item, copy
        """

    def stock(number: int) -> str:
        return f"""
            select
                store.distributor_store_code as site, {ITEM} as item,
                stock.stock_date as day, stock.units_each as available,
            from truth_stock as stock inner join store using (store_code)
            where stock.distributor_code = 'zonaplus' and stock.file_number = {number}
            order by day, site, item
        """

    files.write_periods("zonaplus/sales_{period}.jsonl.gz", sales, JSON_LINES)
    files.write_periods("zonaplus/stock_{period}.jsonl.gz", stock, JSON_LINES)


def _write_andes(files: HouseFiles) -> None:
    """Full cases and what remains are two rows, each under the GTIN of its pack."""
    files.con.execute(
        """
        create or replace temp table andes_line as
        with split as (
            select
                truth.*,
                store.distributor_store_code as cliente,
                product.case_gtin,
                product.case_units,
                case when units_each > 0 then units_each // case_units else 0 end as cases,
                units_each - cases * case_units as rest,
            from truth_sell_out as truth
            inner join store using (store_code)
            inner join product on truth.gtin = product.gtin
            where truth.distributor_code = 'andes'
        )
        select * exclude (gtin), gtin, case_gtin as codigo, 'CJ' as um, cases as cantidad,
            round(value_original * cases * case_units / units_each, 2) as valor,
        from split where cases > 0
        union all
        select * exclude (gtin), gtin, gtin as codigo, 'UN' as um, rest as cantidad,
            round(value_original, 2) - coalesce(
                round(value_original * cases * case_units / nullif(units_each, 0), 2), 0
            ) as valor,
        from split where rest != 0 or cases = 0
        """
    )

    def lines(number: int) -> str:
        return f"""
            select
                cliente, codigo, period_start as semana_inicio, period_end as semana_fin,
                cantidad, um, format('{{:.2f}}', valor) as valor,
            from andes_line where file_number = {number}
            order by semana_inicio, cliente, codigo
        """

    files.write_periods("andes/ventas_{period}.tsv", lines, TAB)
    files.note_rows(
        "andes_line",
        "andes/ventas_*.tsv",
        "mixed_units",
        "um = 'CJ'",
        "full cases by GTIN-14",
    )


def _note_common_faults(files: HouseFiles) -> None:
    """Count what more than one distributor's sell-out has."""
    for source, name, has_copies in (
        ("hiper_sol", "hiper_sol/ventas_*.csv", True),
        ("northmart", "northmart/sellout_*.csv", True),
        ("zonaplus", "zonaplus/sales_*.jsonl.gz", True),
        ("andes", "andes/ventas_*.tsv", False),
    ):
        table = f"{source}_line"
        files.note_rows(table, name, "late_row", "is_late", "stands in the next file")
        files.note_rows(table, name, "negative_units", "units_each < 0", "more returned than sold")
        if has_copies:
            files.note_rows(
                table, name, "duplicate_row", "copy = 2", "the same row twice in a file"
            )
    files.note_rows(
        "hiper_sol_line",
        "hiper_sol/ventas_*.csv",
        "wrong_check_digit",
        "is_spoiled",
        "the EAN's last digit is wrong",
    )

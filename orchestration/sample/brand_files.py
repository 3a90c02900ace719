"""The brand's own files about its distributors: the ERP's products and invoices, and audits.

Audits are the field team's and the digital shelf; retail media on the same sites are here too.
"""

from __future__ import annotations

from orchestration.sample.house_files import JSON_LINES, PIPE, HouseFiles
from orchestration.sample.sell_out_files import ITEM

RETAIL_MEDIA_CLAIMED_SHARE = 0.5
"""Share of all units sold on its sites that zonaplus claims for its ads; they move nothing."""

_CHAIN_NAMES = """
    map {'hiper_sol': 'HIPER SOL', 'superlider': 'SUPERLIDER', 'northmart': 'NORTHMART'}
"""


def write(files: HouseFiles, mess: dict[str, float]) -> None:
    """Write the ERP's files, audits and retail media; `mess` gives the error rates."""
    _write_products(files)
    _write_invoices(files)
    _write_field_audit(files, mess)
    _write_digital_shelf(files)
    _write_retail_media(files)


def _write_products(files: HouseFiles) -> None:
    """The product master: everything first, later what changed; one GTIN in it is made up."""
    files.con.execute(
        """
        create or replace temp table erp_product as
        select gtin, 'each' as pack_level, 1 as units_per_pack, inner_gtin as parent_gtin, product.*
        exclude (gtin) from product
        union all
        select inner_gtin, 'inner', inner_units, case_gtin, product.* exclude (gtin) from product
        union all
        select case_gtin, 'case', case_units, null, product.* exclude (gtin) from product
        """
    )
    columns = """
        brand, category, parent_gtin, pack_level, units_per_pack, net_content, net_content_uom,
        list_price_eur as list_price, unit_cost_eur as unit_cost, valid_from
    """
    first = files.periods[0]
    if files.calendar.is_written(first.last_day):
        files.write(
            f"erp/products_{first.name}.csv",
            f"""
            select gtin, sku, name, {columns} from erp_product
            union all
            select '9520009999999', 'TEST-0001', 'Test article, do not use', {columns}
            from erp_product where gtin = (select min(gtin) from product)
            order by gtin
            """,
            PIPE,
        )
        files.note_fault(
            f"erp/products_{first.name}.csv",
            "wrong_check_digit",
            1,
            "a test article with a made-up GTIN",
        )
    changed = files.periods[files.middle_number]
    if files.middle_number > 0 and files.calendar.is_written(changed.last_day):
        files.write(
            f"erp/products_{changed.name}.csv",
            f"""
            select gtin, sku, name || ' (new design)' as name, {columns}
            from erp_product where draw(sku, 'new design') < 0.2 order by gtin
            """,
            PIPE,
        )


def _write_invoices(files: HouseFiles) -> None:
    def invoices(number: int) -> str:
        return f"""
            select
                lines.invoice_id, lines.line_id, lines.distributor_code as customer,
                lines.invoice_date, ship_to.distributor_store_code as ship_to,
                ship_to.name as ship_to_name, ship_to.city as ship_to_city,
                ship_to.region as ship_to_region, ship_to.market as ship_to_country,
                lines.case_gtin as gtin, product.name as product, product.brand, product.category,
                lines.case_units as units_per_case, lines.cases as quantity, 'CS' as uom,
                format('{{:.2f}}', lines.net_original) as net_amount, lines.currency,
                lines.unit_cost_original as unit_cost,
            from truth_sell_in as lines
            inner join store as ship_to using (store_code)
            inner join product on lines.gtin = product.gtin
            where lines.file_number = {number}
            order by lines.invoice_id, lines.line_id
        """

    files.write_periods("erp/sell_in_{period}.csv", invoices, PIPE)
    files.note_rows(
        "truth_sell_in", "erp/sell_in_*.csv", "return", "cases < 0", "a credit note, negative"
    )


def _write_field_audit(files: HouseFiles, mess: dict[str, float]) -> None:
    """One file for three chains: the brand's own field team visits them all."""
    files.con.execute(
        f"""
        create or replace table truth_shelf as
        select
            shelf.store_code || shelf.gtin || shelf.audit_date as row_name,
            shelf.*,
            file_day.file_number,
            shelf.distributor_code != 'zonaplus'
            and draw(row_name, 'no code') < {mess["audit_without_code"]} as is_without_code,
            shelf.distributor_code != 'zonaplus'
            and draw(row_name, 'negative price') < {mess["audit_negative_price"]}
                as is_price_negative,
            is_without_code or is_price_negative as is_spoiled,
        from retail_shelf as shelf
        inner join file_day on shelf.audit_date = file_day.day
        """
    )

    def visits(number: int) -> str:
        return f"""
            select
                shelf.audit_date as "Visit date",
                {_CHAIN_NAMES}[shelf.distributor_code] as "Chain",
                store.distributor_store_code as "Store",
                case when not shelf.is_without_code then shelf.gtin end as "EAN",
                offer.name as "Product", offer.brand as "Brand", offer.category as "Category",
                case when shelf.is_competitor then 'Y' else 'N' end as "Competitor",
                shelf.facings as "Facings",
                format('{{:.2f}}', case when shelf.is_price_negative then -1 else 1 end
                    * shelf.price_original) as "Price",
                shelf.currency as "Currency",
                case when shelf.is_available then 'Y' else 'N' end as "On shelf",
                case when shelf.is_promotion then 'Y' else 'N' end as "Promo",
            from truth_shelf as shelf
            inner join store using (store_code)
            inner join (
                select gtin, name, brand, category from product
                union all
                select gtin, name, brand, category from competitor_product
            ) as offer on shelf.gtin = offer.gtin
            where shelf.distributor_code != 'zonaplus' and shelf.file_number = {number}
            order by 1, 2, 3, shelf.gtin
        """

    files.write_periods("field_audit/visits_{period}.csv", visits)
    for kind, column, description in (
        ("missing_code", "is_without_code", "a product without its EAN"),
        ("negative_price", "is_price_negative", "a price with a minus sign"),
    ):
        files.note_rows("truth_shelf", "field_audit/visits_*.csv", kind, column, description)


def _write_digital_shelf(files: HouseFiles) -> None:
    """Price and presence on zonaplus's sites, read from the pages."""

    def pages(number: int) -> str:
        return f"""
            select
                store.distributor_store_code as site,
                upper({ITEM.replace("gtin", "shelf.gtin")}) as item,
                shelf.audit_date as seen_on, shelf.facings as tiles, shelf.price_original as price,
                shelf.currency, shelf.is_available as in_stock, shelf.is_promotion as deal,
                shelf.is_competitor as rival, offer.brand, offer.category,
            from truth_shelf as shelf
            inner join store using (store_code)
            inner join (
                select gtin, brand, category from product
                union all
                select gtin, brand, category from competitor_product
            ) as offer on shelf.gtin = offer.gtin
            where shelf.distributor_code = 'zonaplus' and shelf.file_number = {number}
            order by 3, 1, 2
        """

    files.write_periods("zonaplus/shelf_{period}.jsonl.gz", pages, JSON_LINES)


def _write_retail_media(files: HouseFiles) -> None:
    """Three campaigns, one after the other; the e-tailer claims a share of all that it sold."""
    files.con.execute(
        f"""
        create or replace table truth_retail_media as
        with days as (
            select
                day,
                file_number,
                floor(3 * (row_number() over (order by day) - 1) / count(*) over ())::integer
                    as flight,
            from file_day
        ),
        sold as (
            select sold_on, sum(units) as units, sum(value_eur) as value_eur,
            from retail_sale_day where distributor_code = 'zonaplus' group by 1
        )
        select
            'rm-' || (101 + days.flight) as campaign_id,
            list_extract(['Spring shelf', 'Summer search', 'Gift banner'], 1 + days.flight) as name,
            days.day,
            floor(
                (200 + 90 * coalesce(sold.units, 0)) * (0.8 + 0.4 * draw(days.day, 'media'))
            )::bigint as impressions,
            floor(impressions * (0.008 + 0.008 * draw(days.day, 'clicks')))::bigint as clicks,
            round(clicks * (0.22 + 0.1 * draw(days.day, 'cost per click')), 2) as spend,
            floor({RETAIL_MEDIA_CLAIMED_SHARE} * coalesce(sold.units, 0)) as attributed_units,
            round({RETAIL_MEDIA_CLAIMED_SHARE} * coalesce(sold.value_eur, 0)::double, 2)
                as attributed_revenue,
            days.file_number,
        from days
        left join sold on days.day = sold.sold_on
        """
    )

    def statistics(number: int) -> str:
        return f"""
            select
                campaign_id, name as campaign_name, day as date, impressions, clicks, spend,
                'EUR' as currency, attributed_units as claimed_units,
                attributed_revenue as claimed_sales,
            from truth_retail_media where file_number = {number}
            order by date
        """

    files.write_periods("zonaplus/retail_media_{period}.csv", statistics)

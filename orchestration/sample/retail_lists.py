"""Lists beside the sales: stores, articles, loyalty members, the ERP's products and invoices, shelf
audits and retail media.

How sales and stock are written stands in `sell_out_files`.
"""

from __future__ import annotations

from collections.abc import Callable

from orchestration.sample.house_files import HouseFiles, Style
from orchestration.sample.sell_out_files import HIPER_SOL, ITEM

RETAIL_MEDIA_CLAIMED_SHARE = 0.5
"""Share of all units sold on its site that zonaplus claims for its ads; they move nothing in truth."""

_PIPE = Style(delimiter="|")
_TAB = Style(delimiter="\\t")
_JSON = Style(type="jsonl")
_CHAIN_NAMES = "map {'hiper_sol': 'HIPER SOL', 'superlider': 'SUPERLIDER', 'northmart': 'NORTHMART'}"


def write(files: HouseFiles, mess: dict[str, float]) -> None:
    """Write all lists, the ERP's files, audits and retail media; `mess` gives the error rates."""
    _create_articles(files)
    for number in sorted({0, files.middle_number}):
        if files.calendar.is_written(files.periods[number].last_day):
            _write_stores(files, number)
            _write_articles(files, number)
    _write_members(files, mess)
    _write_erp(files)
    _write_field_audit(files, mess)
    _write_digital_shelf(files)
    _write_retail_media(files)


def _create_articles(files: HouseFiles) -> None:
    """What each distributor has in its article list and since when, with its price."""
    files.con.execute(
        """
        create or replace temp table article as
        with offer as (
            select
                gtin, name, brand, department, category, subcategory, net_content,
                net_content_uom, null as own_label_of, true as is_own_brand,
            from product
            union all
            select
                gtin, name, brand, department, category, subcategory, net_content,
                net_content_uom, own_label_of, false as is_own_brand,
            from competitor_product
        ),
        prices as (
            select
                store.distributor_code, retail_price.gtin,
                min_by(retail_price.price_eur / retail_market.rate, (store.market != distributor.country)::integer || store.store_code) as price,
                min_by(retail_market.currency, (store.market != distributor.country)::integer || store.store_code) as currency,
            from retail_price
            inner join store using (store_code)
            inner join distributor using (distributor_code)
            inner join retail_market on store.market = retail_market.market
            group by all
        )
        select
            offer.*,
            prices.distributor_code,
            round(prices.price, 2) as price,
            prices.currency,
            offer.own_label_of is not null as is_own_label,
            relation.valid_from as listed_from,
            row_number() over (
                partition by prices.distributor_code order by offer.gtin
            ) as place,
        from offer
        inner join prices
            on
                offer.gtin = prices.gtin
                and coalesce(offer.own_label_of, prices.distributor_code) = prices.distributor_code
        left join distributor_relation as relation
            on
                offer.own_label_of = relation.distributor_code
                and relation.relation = 'own_label_rival'
        """
    )


def _write_stores(files: HouseFiles, number: int) -> None:
    """Full lists; the one in the middle of the history supersedes the first: some are renovated."""
    period = files.periods[number].name
    share = 0.2 if number else 0

    def stores(distributor: str, columns: str) -> str:
        return f"""
            select {columns}
            from (
                select
                    * exclude (name),
                    name || case when draw(store_code, 'renovated') < {share} then ' (R)' else '' end
                        as name,
                from store
            ) as store
            where distributor_code = '{distributor}'
            order by store_code
        """

    files.write(
        f"hiper_sol/centros_{period}.csv",
        stores("hiper_sol", """
            distributor_store_code as "Centro", gln as "GLN", name as "Nombre", store_format as "Formato",
            street as "Dirección", city as "Población", region as "Comunidad", postal_code as "CP",
            strftime(opened_on, '%d/%m/%Y') as "Apertura", strftime(closed_on, '%d/%m/%Y') as "Cierre"
        """),
        HIPER_SOL,
    )
    files.write(
        f"northmart/stores_{period}.csv",
        stores("northmart", """
            distributor_store_code as store_id, gln, name as store_name, store_format as banner,
            street as address, city, region as state, postal_code as zip, market as country,
            opened_on as open_date, closed_on as close_date
        """),
    )
    files.write(
        f"zonaplus/sites_{period}.jsonl",
        stores("zonaplus", """
            distributor_store_code as site, gln, name, 'online' as format, market as country,
            opened_on as launched
        """),
        _JSON,
    )
    clients = files.con.execute(
        stores("andes", """
            distributor_store_code as "Código", gln as "GLN", name as "Cliente", street as "Dirección",
            city as "Ciudad", region as "Departamento", postal_code as "Código postal",
            strftime(opened_on, '%d/%m/%Y') as "Alta"
        """)
    ).df()
    titles = ["Distribuidora Andes", "Maestro de clientes"]
    files.write_workbook(f"andes/clientes_{period}.xlsx", {"Clientes": (titles, clients)})


def _write_articles(files: HouseFiles, number: int) -> None:
    period = files.periods[number]

    def articles(distributor: str, columns: str) -> str:
        return f"""
            select {columns} from article
            where
                distributor_code = '{distributor}'
                and coalesce(listed_from, date '1900-01-01') <= date '{period.first_day}'
            order by gtin
        """

    files.write(
        f"hiper_sol/articulos_{period.name}.csv",
        articles("hiper_sol", """
            gtin as "EAN", name as "Descripción", brand as "Marca", department as "Sección",
            category as "Categoría", subcategory as "Subcategoría",
            format('{:g}', net_content) || ' ' || net_content_uom as "Formato",
            case when is_own_label then 'S' else 'N' end as "Marca propia",
            replace(format('{:.2f}', price), '.', ',') as "PVP"
        """),
        HIPER_SOL,
    )
    files.write(
        f"northmart/items_{period.name}.csv",
        articles("northmart", """
            ltrim(gtin, '0') as upc, name as description, brand, department as dept, category,
            subcategory as class, format('{:g}', net_content) || ' ' || net_content_uom as size,
            case when is_own_label then 'Y' else 'N' end as private_label,
            format('{:.2f}', price) as retail, currency
        """),
    )
    files.write(
        f"zonaplus/catalogue_{period.name}.jsonl",
        articles("zonaplus", f"""
            {ITEM} as item, case when place != 7 then gtin end as ean, name as title, brand,
            category, is_own_label as own_label, price, currency
        """),
        _JSON,
    )
    files.note_fault(
        f"zonaplus/catalogue_{period.name}.jsonl", "article_without_gtin", 1,
        "one item has no EAN, so that its sales match no product",
    )
    files.write(
        f"andes/articulos_{period.name}.tsv",
        articles("andes", """
            gtin as codigo, name as descripcion, brand as marca, category as linea,
            format('{:.0f}', price) as precio
        """),
        _TAB,
    )
    _write_superlider_catalogue(files, period.name, articles)


def _write_superlider_catalogue(files: HouseFiles, period: str, articles: Callable[[str, str], str]) -> None:
    """One workbook with two sheets: stores and articles."""
    stores = files.con.execute(
        """
        select
            distributor_store_code::bigint as "Tienda", gln as "GLN", name as "Nombre",
            store_format as "Formato", street as "Calle", city as "Ciudad", region as "Estado",
            postal_code as "CP", opened_on as "Apertura"
        from store where distributor_code = 'superlider' order by store_code
        """
    ).df()
    items = files.con.execute(
        articles("superlider", """
            gtin::bigint as "UPC", name as "Artículo", brand as "Marca", category as "Categoría",
            case when is_own_label then 'SI' else 'NO' end as "Marca propia", price as "Precio"
        """)
    ).df()
    files.write_workbook(
        f"superlider/catalogo_{period}.xlsx",
        {"Tiendas": (["Catálogo de tiendas"], stores), "Artículos": (["Catálogo de artículos", ""], items)},
    )


def _write_members(files: HouseFiles, mess: dict[str, float]) -> None:
    """Loyalty members, in the file of the period in which they joined; earlier ones in the first."""
    files.con.execute(
        f"""
        create or replace table loyalty_member as
        with holder as (
            select
                person.*,
                store.distributor_code,
                least(
                    date '{files.calendar.start}' - 900
                    + floor({900 + files.calendar.day_count} * draw(person_id, 'member joined'))::integer,
                    coalesce(used.first_use, date '9999-12-31')
                ) as joined_on,
            from person
            inner join (
                select distinct market, distributor_code
                from store
                inner join distributor using (distributor_code)
                where store.place = 'store' and distributor.shares_baskets
            ) as store using (market)
            left join (
                select card_id, min(purchased_at)::date as first_use from purchase group by 1
            ) as used on person.loyalty_card_id = used.card_id
            where person.loyalty_card_id is not null
        )
        select
            distributor_code,
            loyalty_card_id as card_id,
            holder.person_id,
            copy.email,
            copy.phone_national as phone,
            copy.given_name,
            copy.family_name,
            holder.postal_code,
            holder.market as country,
            case
                when year(current_day) - year(birth_date) < 30 then '18-29'
                when year(current_day) - year(birth_date) < 45 then '30-44'
                when year(current_day) - year(birth_date) < 65 then '45-64'
                else '65+'
            end as age_group,
            joined_on,
            draw(holder.person_id, 'member consent') >= {mess["member_refuses_marketing"]}
                as is_marketing_allowed,
            coalesce(file_day.file_number, 0) as file_number,
        from (select *, date '{files.calendar.start}' as current_day from holder) as holder
        inner join noisy_person as copy
            on holder.person_id = copy.person_id and copy.system = 'loyalty'
        left join file_day on holder.joined_on = file_day.day
        """
    )

    def lines(number: int) -> str:
        return f"""
            select
                card_id as card, email, phone, given_name as first_name, family_name as last_name,
                postal_code as zip, country, age_group as age_band, joined_on as member_since,
                case when is_marketing_allowed then 'Y' else 'N' end as opt_in,
            from loyalty_member where distributor_code = 'northmart' and file_number = {number}
            order by card
        """

    files.write_periods("northmart/members_{period}.csv", lines)


def _write_erp(files: HouseFiles) -> None:
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
        gtin, sku, name, brand, category, parent_gtin, pack_level, units_per_pack, net_content,
        net_content_uom, list_price_eur as list_price, unit_cost_eur as unit_cost, valid_from
    """
    first = files.periods[0]
    if files.calendar.is_written(first.last_day):
        files.write(
            f"erp/products_{first.name}.csv",
            f"""
            select {columns} from erp_product
            union all
            select
                '9520009999999', 'TEST-0001', 'Test article, do not use', {columns.split("name,", 1)[1]}
            from erp_product where gtin = (select min(gtin) from product)
            order by gtin
            """,
            _PIPE,
        )
        files.note_fault(
            f"erp/products_{first.name}.csv", "wrong_check_digit", 1, "a test article with a made-up GTIN"
        )
    changed = files.periods[files.middle_number]
    if files.middle_number > 0 and files.calendar.is_written(changed.last_day):
        renamed = columns.replace("name,", "name || ' (new design)' as name,", 1)
        files.write(
            f"erp/products_{changed.name}.csv",
            f"select {renamed} from erp_product where draw(sku, 'new design') < 0.2 order by gtin",
            _PIPE,
        )

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

    files.write_periods("erp/sell_in_{period}.csv", invoices, _PIPE)
    last = max((number for number, _ in files.written()), default=-1)
    credits = files.scalar(
        f"select count(*) from truth_sell_in where cases < 0 and file_number <= {last}"
    )
    files.note_fault("erp/sell_in_*.csv", "return", credits, "credit notes with negative quantities")


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
            and draw(row_name, 'negative price') < {mess["audit_negative_price"]} as is_price_negative,
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
    last = max((number for number, _ in files.written()), default=-1)
    for kind, column, description in (
        ("missing_code", "is_without_code", "a product without its EAN"),
        ("negative_price", "is_price_negative", "a price with a minus sign"),
    ):
        rows = files.scalar(
            f"select count(*) from truth_shelf where {column} and file_number <= {last}"
        )
        files.note_fault("field_audit/visits_*.csv", kind, rows, description)


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

    files.write_periods("zonaplus/shelf_{period}.jsonl.gz", pages, _JSON)


def _write_retail_media(files: HouseFiles) -> None:
    """Three campaigns, one after the other; the e-tailer claims a share of all that it sold."""
    files.con.execute(
        f"""
        create or replace table truth_retail_media as
        with days as (
            select
                day,
                file_number,
                floor(3 * (row_number() over (order by day) - 1) / count(*) over ())::integer as flight,
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
            floor((200 + 90 * coalesce(sold.units, 0)) * (0.8 + 0.4 * draw(days.day, 'media')))::bigint
                as impressions,
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

"""Lists beside the sales: each distributor's stores and articles, and Northmart's loyalty members.

How sales and stock are written stands in `sell_out_files`.
"""

from __future__ import annotations

from collections.abc import Callable

from orchestration.sample.house_files import HIPER_SOL, JSON_LINES, TAB, HouseFiles
from orchestration.sample.sell_out_files import ITEM


def write(files: HouseFiles, mess: dict[str, float]) -> None:
    """Write store lists, article lists and members; `mess` gives the error rates."""
    _create_articles(files)
    for number in sorted({0, files.middle_number}):
        if files.calendar.is_written(files.periods[number].last_day):
            _write_stores(files, number)
            _write_articles(files, number)
    _write_members(files, mess)


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
                min_by(
                    {'price': price_eur / rate, 'currency': currency},
                    (store.market != distributor.country)::integer || store.store_code
                ) as at_home,
            from retail_price
            inner join store using (store_code)
            inner join distributor using (distributor_code)
            inner join retail_market on store.market = retail_market.market
            group by all
        )
        select
            offer.*,
            prices.distributor_code,
            round(prices.at_home.price, 2) as price,
            prices.at_home.currency as currency,
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
                    name || if(draw(store_code, 'renovated') < {share}, ' (R)', '') as name,
                from store
            ) as store
            where distributor_code = '{distributor}'
            order by store_code
        """

    files.write(
        f"hiper_sol/centros_{period}.csv",
        stores(
            "hiper_sol",
            """
            distributor_store_code as "Centro", gln as "GLN", name as "Nombre",
            store_format as "Formato",
            street as "Dirección", city as "Población", region as "Comunidad", postal_code as "CP",
            strftime(opened_on, '%d/%m/%Y') as "Apertura",
            strftime(closed_on, '%d/%m/%Y') as "Cierre"
        """,
        ),
        HIPER_SOL,
    )
    files.write(
        f"northmart/stores_{period}.csv",
        stores(
            "northmart",
            """
            distributor_store_code as store_id, gln, name as store_name, store_format as banner,
            street as address, city, region as state, postal_code as zip, market as country,
            opened_on as open_date, closed_on as close_date
        """,
        ),
    )
    files.write(
        f"zonaplus/sites_{period}.jsonl",
        stores(
            "zonaplus",
            """
            distributor_store_code as site, gln, name, 'online' as format, market as country,
            opened_on as launched
        """,
        ),
        JSON_LINES,
    )
    clients = files.con.execute(
        stores(
            "andes",
            """
            distributor_store_code as "Código", gln as "GLN", name as "Cliente",
            case place when 'warehouse' then 'Warehouse' else 'Convenience' end as "Tipo",
            street as "Dirección", city as "Ciudad", region as "Departamento",
            postal_code as "Código postal", strftime(opened_on, '%d/%m/%Y') as "Alta"
        """,
        )
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
        articles(
            "hiper_sol",
            """
            gtin as "EAN", name as "Descripción", brand as "Marca", department as "Sección",
            category as "Categoría", subcategory as "Subcategoría",
            format('{:g}', net_content) || ' ' || net_content_uom as "Formato",
            case when is_own_label then 'S' else 'N' end as "Marca propia",
            replace(format('{:.2f}', price), '.', ',') as "PVP"
        """,
        ),
        HIPER_SOL,
    )
    files.write(
        f"northmart/items_{period.name}.csv",
        articles(
            "northmart",
            """
            ltrim(gtin, '0') as upc, name as description, brand, department as dept, category,
            subcategory as class, format('{:g}', net_content) || ' ' || net_content_uom as size,
            case when is_own_label then 'Y' else 'N' end as private_label,
            format('{:.2f}', price) as retail, currency
        """,
        ),
    )
    files.write(
        f"zonaplus/catalogue_{period.name}.jsonl",
        articles(
            "zonaplus",
            f"""
            {ITEM} as item, case when place != 7 then gtin end as ean, name as title, brand,
            category, is_own_label as own_label, price, currency
        """,
        ),
        JSON_LINES,
    )
    files.note_fault(
        f"zonaplus/catalogue_{period.name}.jsonl",
        "article_without_gtin",
        1,
        "one item has no EAN, so that its sales match no product",
    )
    files.write(
        f"andes/articulos_{period.name}.tsv",
        articles(
            "andes",
            """
            gtin as codigo, name as descripcion, brand as marca, category as linea,
            format('{:.0f}', price) as precio
        """,
        ),
        TAB,
    )
    _write_superlider_catalogue(files, period.name, articles)


def _write_superlider_catalogue(
    files: HouseFiles, period: str, articles: Callable[[str, str], str]
) -> None:
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
        articles(
            "superlider",
            """
            gtin::bigint as "UPC", name as "Artículo", brand as "Marca", category as "Categoría",
            case when is_own_label then 'SI' else 'NO' end as "Marca propia", price as "Precio"
        """,
        )
    ).df()
    files.write_workbook(
        f"superlider/catalogo_{period}.xlsx",
        {
            "Tiendas": (["Catálogo de tiendas"], stores),
            "Artículos": (["Catálogo de artículos", ""], items),
        },
    )


def _write_members(files: HouseFiles, mess: dict[str, float]) -> None:
    """Loyalty members, in the file of the period in which they joined; old ones in the first."""
    files.con.execute(
        f"""
        create or replace table loyalty_member as
        with holder as (
            select
                person.*,
                store.distributor_code,
                least(
                    date '{files.calendar.start}' - 900
                    + floor(
                        {900 + files.calendar.day_count} * draw(person_id, 'member joined')
                    )::integer,
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

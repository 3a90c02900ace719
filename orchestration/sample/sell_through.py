"""What the distributors really listed and sold.

The people's purchases stand in `purchase`; here the shoppers whom nobody knows join them. Stock,
sell-in and shelves, which follow from it, stand in `supply`. How distributors report all this, with
which errors, stands in `distributor`. Units are consumer units, money is EUR.
"""

from __future__ import annotations

import duckdb

from orchestration.sample.parameters import Calendar, Parameters

WEEKLY = ("hiper_sol", "superlider", "andes")
"""Distributors that report sell-out by week (Monday to Sunday); the others report by day."""

STOCK_REPORTED_BY = ("hiper_sol", "northmart", "zonaplus")
CATEGORY_REPORTED_BY = "hiper_sol"
"""The distributor that shares the whole category: competitors and own label beside the brand."""

RATES: dict[str, float] = {
    "anonymous_per_known_unit": 1.8,
    "anonymous_units_per_store_day_at_least": 0.4,
    "promotion_week": 0.08,
    "promotion_lift": 1.9,
    "promotion_price": 0.8,
    "facing_lift": 0.25,
    "product_week_returned_more_than_sold": 0.0015,
    "dated_listing": 0.12,
    "sell_in_price_share": 0.62,
    "sell_in_line_returned": 0.02,
    "shelf_available": 0.94,
    "competitor_listed": 0.8,
    "competitor_promotion": 0.1,
}
"""Parameters of the distributors' side. `facing_lift` is the true effect of a facing on sales:
the attraction of a product is popularity x (0.4 + facing_lift x facings)."""


def build(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create the truth tables that don't depend on who reports what.

    retail_sale_day(store_code, gtin, sold_on, units, value_eur, known_units, identified_units,
    is_promotion), retail_category_week, truth_listing; and the helpers retail_market, retail_day,
    retail_promotion, retail_price.
    """
    _build_helpers(con, params, calendar)
    _build_listing(con, calendar)
    _build_sales(con)
    _build_category_sales(con)


def _build_helpers(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    con.execute(
        """
        create or replace table retail_market (
            market varchar, currency varchar, rate double, time_zone varchar
        )
        """
    )
    con.executemany(
        "insert into retail_market values (?, ?, ?, ?)",
        [(item.code, item.currency, item.rate, item.time_zone) for item in params.markets],
    )
    con.execute(
        """
        create or replace table retail_day as
        select
            day::date as day,
            date_trunc('week', day)::date as week_start,
            list_extract([0.9, 0.85, 0.9, 1.0, 1.25, 1.5, 0.6], isodow(day)) as weekday_factor,
            cos(2 * pi() * (dayofyear(day) - 15) / 365.25) as winter,
        from generate_series(?::timestamp, ?::timestamp, interval 1 day) as days (day)
        """,
        [calendar.start, calendar.end],
    )
    con.execute(
        f"""
        create or replace table retail_promotion as
        select distinct distributor.distributor_code, product.gtin, retail_day.week_start,
        from distributor
        cross join product
        cross join retail_day
        where
            draw(distributor.distributor_code || product.gtin || retail_day.week_start, 'promotion')
                < {RATES["promotion_week"]}
        """
    )
    con.execute(
        """
        create or replace table retail_price as
        with offer as (
            select gtin, list_price_eur from product
            union all
            select gtin, list_price_eur from competitor_product
        )
        select
            store.store_code,
            offer.gtin,
            round(
                offer.list_price_eur
                * (0.94 + 0.12 * draw(store.distributor_code || offer.gtin, 'price of chain'))
                * (0.99 + 0.02 * draw(store.store_code || offer.gtin, 'price of store')),
                2
            ) as price_eur,
        from store
        cross join offer
        where store.place != 'warehouse'
        """
    )


def _build_listing(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """Add listings that begin or end in the range to those that last."""
    con.execute(
        f"""
        create or replace table truth_listing as
        with dated as (
            select
                store.store_code,
                product.gtin,
                ?::date + floor(
                    (0.25 + 0.5 * draw(store.store_code || product.gtin, 'listing changes')) * ?
                )::integer as changed_on,
                draw(store.store_code || product.gtin, 'new or delisted') < 0.5 as is_new,
            from store
            cross join product
            anti join listing
                on store.store_code = listing.store_code and product.gtin = listing.gtin
            where
                store.closed_on is null
                and store.place != 'warehouse'
                and draw(store.store_code || product.gtin, 'dated listing')
                    < {RATES["dated_listing"]}
        ),
        all_listings as (
            select store_code, gtin, null::date as listed_from, null::date as listed_to from listing
            union all
            select
                store_code,
                gtin,
                case when is_new then changed_on end,
                case when not is_new then changed_on end,
            from dated
        )
        select
            store.distributor_code,
            all_listings.store_code,
            all_listings.gtin,
            all_listings.listed_from,
            all_listings.listed_to,
            1 + floor(6 * draw(all_listings.store_code || all_listings.gtin, 'facings'))::integer
                as facings,
        from all_listings
        inner join store using (store_code)
        order by 2, 3
        """,
        [calendar.start, calendar.day_count],
    )


def _build_sales(con: duckdb.DuckDBPyConnection) -> None:
    """What was sold by day; a distributor's day ends at midnight where its head office is."""
    con.execute(
        """
        create or replace temp table retail_known as
        select
            purchase.store_code,
            purchase.gtin,
            greatest(
                timezone(retail_market.time_zone, timezone('UTC', purchase.purchased_at))::date,
                (select min(day) from retail_day)
            ) as sold_on,
            sum(purchase.quantity)::bigint as units,
            sum((purchase.quantity * purchase.unit_price_eur)::decimal(18, 4)) as value_eur,
            coalesce(
                sum(purchase.quantity) filter (
                    purchase.card_id is not null and distributor.shares_baskets
                ), 0
            )::bigint as identified_units,
        from purchase
        inner join store using (store_code)
        inner join distributor on store.distributor_code = distributor.distributor_code
        inner join retail_market on distributor.country = retail_market.market
        where purchase.place in ('store', 'e_tailer')
        group by all
        """
    )
    _build_anonymous_sales(con)
    con.execute(
        """
        create or replace table retail_sale_day as
        with sales as (
            select
                store_code, gtin, sold_on, units, value_eur, units as known_units,
                identified_units,
            from retail_known
            union all
            select store_code, gtin, sold_on, units, value_eur, 0, 0,
            from retail_anonymous
        ),
        summed as (
            select
                store_code,
                gtin,
                sold_on,
                date_trunc('week', sold_on)::date as week_start,
                sum(units)::bigint as units,
                sum(value_eur)::decimal(18, 4) as value_eur,
                sum(known_units)::bigint as known_units,
                sum(identified_units)::bigint as identified_units,
            from sales
            group by all
        )
        select
            store.distributor_code,
            store.market,
            summed.*,
            retail_promotion.gtin is not null as is_promotion,
        from summed
        inner join store using (store_code)
        left join retail_promotion
            on
                store.distributor_code = retail_promotion.distributor_code
                and summed.gtin = retail_promotion.gtin
                and summed.week_start = retail_promotion.week_start
        """
    )


def _build_anonymous_sales(con: duckdb.DuckDBPyConnection) -> None:
    """Shoppers without a name: as many as the known ones suggest, by store, product and day."""
    con.execute(
        f"""
        create or replace temp table retail_anonymous as
        with places as (
            select
                store.distributor_code,
                store.market,
                greatest(
                    {RATES["anonymous_per_known_unit"]} * coalesce(sum(known.units), 0),
                    {RATES["anonymous_units_per_store_day_at_least"]}
                    * count(*) * (select count(*) from retail_day)
                ) as units,
            from store
            left join (
                select store_code, sum(units) as units from retail_known group by 1
            ) as known using (store_code)
            where store.weight > 0
            group by all
        ),
        shelves as (
            select
                truth_listing.store_code,
                truth_listing.gtin,
                truth_listing.listed_from,
                truth_listing.listed_to,
                store.distributor_code,
                product.category,
                product.popularity
                * (0.4 + {RATES["facing_lift"]} * truth_listing.facings) as attraction,
                places.units * store.weight
                * attraction
                / round(sum(attraction) over (partition by truth_listing.store_code), 9) as units,
                retail_price.price_eur,
            from truth_listing
            inner join store using (store_code)
            inner join product using (gtin)
            inner join retail_price
                on
                    truth_listing.store_code = retail_price.store_code
                    and truth_listing.gtin = retail_price.gtin
            inner join places
                on
                    store.distributor_code = places.distributor_code
                    and store.market = places.market
        ),
        cells as (
            select
                shelves.store_code,
                shelves.gtin,
                retail_day.day as sold_on,
                retail_promotion.gtin is not null as is_promotion,
                shelves.units
                * retail_day.weekday_factor / (select round(sum(weekday_factor), 6) from retail_day)
                * case shelves.category
                    when 'Chocolate' then 1 + 0.3 * retail_day.winter
                    when 'Body care' then 1 - 0.3 * retail_day.winter
                    else 1
                end
                * case when is_promotion then {RATES["promotion_lift"]} else 1 end as rate,
                round(
                    shelves.price_eur
                    * case when is_promotion then {RATES["promotion_price"]} else 1 end, 2
                ) as price_eur,
                shelves.store_code || shelves.gtin || retail_day.day as cell,
            from shelves
            cross join retail_day
            left join retail_promotion
                on
                    shelves.distributor_code = retail_promotion.distributor_code
                    and shelves.gtin = retail_promotion.gtin
                    and retail_day.week_start = retail_promotion.week_start
            where
                retail_day.day >= coalesce(shelves.listed_from, date '1900-01-01')
                and retail_day.day < coalesce(shelves.listed_to, date '9999-12-31')
        ),
        drawn as (
            select
                *,
                floor(rate + draw(cell, 'anonymous'))::bigint as bought,
                case
                    when draw(cell, 'returned')
                        < {RATES["product_week_returned_more_than_sold"]} then 1
                    else 0
                end as returned,
            from cells
        )
        select
            store_code,
            gtin,
            sold_on,
            bought - returned as units,
            ((bought - returned) * price_eur)::decimal(18, 4) as value_eur,
        from drawn
        where bought > 0 or returned > 0
        """
    )


def _build_category_sales(con: duckdb.DuckDBPyConnection) -> None:
    """What one distributor sells of competitors and its own label, by week."""
    con.execute(
        f"""
        create or replace table retail_category_week as
        with own_week as (
            select
                store_code,
                sum(units) / (select count(distinct week_start) from retail_day) as units,
            from retail_sale_day
            where distributor_code = '{CATEGORY_REPORTED_BY}'
            group by 1
        ),
        offer as (
            select
                competitor_product.gtin,
                competitor_product.own_label_of is not null as is_own_label,
                coalesce(relation.valid_from, date '1900-01-01') as sold_from,
            from competitor_product
            left join distributor_relation as relation
                on
                    competitor_product.own_label_of = relation.distributor_code
                    and relation.relation = 'own_label_rival'
            where coalesce(competitor_product.own_label_of, '{CATEGORY_REPORTED_BY}')
                = '{CATEGORY_REPORTED_BY}'
        )
        select
            '{CATEGORY_REPORTED_BY}' as distributor_code,
            store.market,
            own_week.store_code,
            offer.gtin,
            weeks.week_start,
            floor(
                own_week.units
                * if(offer.is_own_label, 0.12, 0.03 + 0.04 * draw(offer.gtin, 'pull'))
                + draw(own_week.store_code || offer.gtin || weeks.week_start, 'category')
            )::bigint as sold,
            sold as units,
            (sold * retail_price.price_eur)::decimal(18, 4) as value_eur,
        from own_week
        inner join store using (store_code)
        cross join offer
        cross join (select distinct week_start from retail_day) as weeks
        inner join retail_price
            on own_week.store_code = retail_price.store_code and offer.gtin = retail_price.gtin
        where weeks.week_start >= offer.sold_from and sold > 0
        """
    )

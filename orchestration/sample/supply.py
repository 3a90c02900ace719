"""What follows from sales at the distributors: stock, what they bought, what stood on shelves.

Truth only: how it is reported stands in `distributor` and the modules that it calls.
"""

from __future__ import annotations

import duckdb

from orchestration.sample.parameters import Calendar, Parameters
from orchestration.sample.sell_through import RATES

AUDITED = ("hiper_sol", "superlider", "northmart", "zonaplus")
AUDITED_STORES_PER_CHAIN = 40


def build(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create retail_stock, retail_sell_in and retail_shelf from the tables of `sell_through`."""
    _build_stock(con)
    _build_sell_in(con, calendar)
    _build_shelf(con, calendar)


def _build_stock(con: duckdb.DuckDBPyConnection) -> None:
    """Stock on Sundays: each week brings back in full cases what was sold by the week before."""
    con.execute(
        """
        create or replace table retail_stock as
        with weeks as (
            select distinct week_start from retail_day
        ),
        shelves as (
            select distinct distributor_code, market, store_code, gtin from retail_sale_day
        ),
        weekly as (
            select
                shelves.*,
                weeks.week_start,
                coalesce(sold.units, 0) as sold,
            from shelves
            cross join weeks
            left join (
                select store_code, gtin, week_start, sum(units)::bigint as units
                from retail_sale_day
                group by all
            ) as sold
                on
                    shelves.store_code = sold.store_code
                    and shelves.gtin = sold.gtin
                    and weeks.week_start = sold.week_start
        ),
        running as (
            select
                weekly.*,
                product.case_units,
                product.case_units
                * (1 + ceil(1.5 * max(sold) over shelf / product.case_units)) as opening,
                sum(sold) over (shelf order by week_start) as sold_to_date,
            from weekly
            inner join product using (gtin)
            window shelf as (partition by weekly.store_code, weekly.gtin)
        ),
        highest as (
            select
                *,
                greatest(
                    0,
                    coalesce(
                        max(sold_to_date) over (
                            partition by store_code, gtin order by week_start
                            rows between unbounded preceding and 1 preceding
                        ), 0
                    )
                ) as sold_before,
            from running
        ),
        supplied as (
            select *, ceil(sold_before / case_units)::bigint as cases_to_date,
            from highest
        )
        select
            distributor_code,
            market,
            store_code,
            gtin,
            week_start,
            week_start + 6 as stock_date,
            case_units,
            (opening + case_units * cases_to_date - sold_to_date)::bigint as units,
            cases_to_date - lag(cases_to_date, 1, 0)
                over (partition by store_code, gtin order by week_start) as cases_received,
        from supplied
        """
    )


def _build_sell_in(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    con.execute(
        f"""
        create or replace table retail_sell_in as
        with received as (
            select
                distributor_code, market, gtin, greatest(week_start, ?::date) as invoice_date,
                sum(cases_received)::bigint as cases,
            from retail_stock
            where cases_received > 0
            group by all
        ),
        invoiced as (
            select
                upper(left(distributor_code, 2)) || market || strftime(invoice_date, '%y%m%d')
                    as invoice_id,
                row_number() over (
                    partition by distributor_code, market, invoice_date order by gtin
                ) as line_id,
                *,
            from received
        ),
        credited as (
            select
                'CR' || invoice_id as invoice_id,
                line_id,
                * exclude (invoice_id, line_id, invoice_date, cases),
                invoice_date + 10 as invoice_date,
                -1 as cases,
            from invoiced
            where draw(invoice_id || gtin, 'credit note') < {RATES["sell_in_line_returned"]}
        ),
        lines as (
            select * from invoiced
            union all by name
            select * from credited
        )
        select
            lines.distributor_code,
            lines.invoice_id,
            lines.line_id,
            lines.invoice_date,
            ship_to.store_code,
            lines.gtin,
            product.case_gtin,
            product.case_units,
            lines.cases,
            lines.cases * product.case_units as units,
            retail_market.currency,
            round(
                lines.cases * product.case_units * product.list_price_eur
                * {RATES["sell_in_price_share"]} / retail_market.rate, 2
            ) as net_original,
            round(net_original * retail_market.rate, 4) as net_eur,
            round(product.unit_cost_eur / retail_market.rate, 4) as unit_cost_original,
        from lines
        inner join product using (gtin)
        inner join retail_market on lines.market = retail_market.market
        inner join store as ship_to
            on
                lines.distributor_code = ship_to.distributor_code
                and lines.market = ship_to.market
                and ship_to.place in ('warehouse', 'e_tailer')
        where lines.invoice_date <= ?
        """,
        [calendar.start, calendar.end],
    )


def _build_shelf(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """A visit per store and month, with everything that ought to stand there."""
    chains = ", ".join(f"'{code}'" for code in AUDITED)
    con.execute(
        f"""
        create or replace table retail_shelf as
        with visited as (
            select
                store.*,
                months.month
                + floor(27 * draw(store.store_code || months.month, 'visit'))::integer
                    as audit_date,
            from store
            cross join (
                select distinct date_trunc('month', day)::date as month from retail_day
            ) as months
            where store.weight > 0 and store.distributor_code in ({chains})
            qualify
                row_number() over (
                    partition by store.distributor_code, store.market, months.month
                    order by store.store_code
                ) <= {AUDITED_STORES_PER_CHAIN}
        ),
        own as (
            select
                visited.store_code,
                visited.audit_date,
                truth_listing.gtin,
                false as is_competitor,
                false as is_own_label,
                truth_listing.facings,
                retail_promotion.gtin is not null as is_promotion,
            from visited
            inner join truth_listing
                on
                    visited.store_code = truth_listing.store_code
                    and visited.audit_date >= coalesce(truth_listing.listed_from, date '1900-01-01')
                    and visited.audit_date < coalesce(truth_listing.listed_to, date '9999-12-31')
            left join retail_promotion
                on
                    visited.distributor_code = retail_promotion.distributor_code
                    and truth_listing.gtin = retail_promotion.gtin
                    and date_trunc('week', visited.audit_date)::date = retail_promotion.week_start
        ),
        rival as (
            select
                visited.store_code,
                visited.audit_date,
                competitor_product.gtin,
                true as is_competitor,
                competitor_product.own_label_of is not null as is_own_label,
                1 + floor(
                    5 * draw(visited.store_code || competitor_product.gtin, 'facings')
                )::integer as facings,
                draw(
                    visited.store_code || competitor_product.gtin || visited.audit_date, 'promotion'
                ) < {RATES["competitor_promotion"]} as is_promotion,
            from visited
            cross join competitor_product
            left join distributor_relation as relation
                on
                    competitor_product.own_label_of = relation.distributor_code
                    and relation.relation = 'own_label_rival'
            where
                case
                    when competitor_product.own_label_of is null then
                        draw(visited.store_code || competitor_product.gtin, 'listed')
                            < {RATES["competitor_listed"]}
                    else
                        competitor_product.own_label_of = visited.distributor_code
                        and visited.audit_date >= relation.valid_from
                end
        ),
        seen as (
            select * from own
            union all
            select * from rival
        ),
        found as (
            select
                *,
                draw(store_code || gtin || audit_date, 'available')
                    < {RATES["shelf_available"]} as is_available,
            from seen
        )
        select
            store.distributor_code,
            store.market,
            found.store_code,
            found.gtin,
            found.audit_date,
            case when found.is_available then found.facings else 0 end as facings,
            round(
                retail_price.price_eur
                * case when found.is_promotion then {RATES["promotion_price"]} else 1 end
                / retail_market.rate, 2
            ) as price_original,
            retail_market.currency,
            found.is_available,
            found.is_promotion,
            found.is_competitor,
            found.is_own_label,
        from found
        inner join store using (store_code)
        inner join retail_market on store.market = retail_market.market
        inner join retail_price
            on found.store_code = retail_price.store_code and found.gtin = retail_price.gtin
        where found.audit_date between ? and ?
        """,
        [calendar.start, calendar.end],
    )

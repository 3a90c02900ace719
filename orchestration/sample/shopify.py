"""The own web shop and the social shops in Shopify's shape."""

from __future__ import annotations

import duckdb

from orchestration.sample.files import Outbox
from orchestration.sample.parameters import Calendar, Parameters


def build(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create shop_line, shop_order and order_item_list (what the site's tags say of an order)."""
    rates = params.rates
    con.execute(f"""
        create macro order_name(journey_id) as '#LV' || (100000 + journey_id)::varchar;
        create table shop_line as
        select p.*, 5000000000 + p.purchase_id as order_id, (5000000000 + p.purchase_id) * 8
            + p.line_number as line_id,
            r.name as title, r.sku, m.currency, round(p.unit_price_eur / m.rate, 2) as unit_price,
            case when chance(p.purchase_id, 'order.discount') < 0.15
                then round(p.quantity * round(p.unit_price_eur / m.rate, 2) * 0.1, 2) else 0.0
                    end as promotion_discount,
            case when f.journey_id is not null then round((p.quantity * unit_price
                - promotion_discount) * f.friend_share, 2) else 0.0 end as friend_discount,
            round(promotion_discount + friend_discount, 2) as discount,
            (p.quantity * unit_price - discount) * m.rate as net_eur
        from purchase p join product r on r.gtin = p.gtin join market_setting m
            on m.market = p.market
        left join friend_code f on f.journey_id = p.journey_id
        where p.place in ('own_web', 'social_shop');
        create table shop_order as
        with summed as (
            select order_id, any_value(journey_id) as journey_id, any_value(person_id) as person_id,
                any_value(market) as market,
                any_value(place) as place, any_value(store_code) as store_code,
                    any_value(currency) as currency,
                min(purchased_at) as ordered_at, round(sum(quantity * unit_price - discount),
                    2) as subtotal,
                round(sum(discount), 2) as discounts
            from shop_line group by order_id
        )
        select s.*, round(s.subtotal * 0.1, 2) as tax, chance(s.order_id,
            'order.guest') < {rates["guest_checkout"]} as is_guest,
            chance(s.order_id, 'order.refund') < {rates["refund"]} as is_refunded,
            chance(s.order_id, 'order.part') < 0.5 as is_partly_refunded,
            s.ordered_at + to_seconds((86400 * (2 + 12 * chance(s.order_id,
                'order.refund day')))::bigint) as refunded_at,
            false as is_test
        from summed s;
        update shop_order set is_refunded = false where refunded_at >= timestamp '{calendar.end}'
            + interval 1 day;
        create table order_item_list as
        select l.journey_id, any_value(o.subtotal) as total,
            list({{'item_id': l.gtin, 'item_name': l.title, 'price': l.unit_price,
                'quantity': l.quantity::bigint}} order by l.line_number) as items
        from shop_line l join shop_order o on o.order_id = l.order_id group by l.journey_id;
        create table shop_refund_line as
        select o.order_id * 2 + 1 as refund_id, l.line_id * 2 + 1 as refund_line_id, l.line_id,
            l.quantity,
            round(l.quantity * l.unit_price - l.discount, 2) as subtotal, o.refunded_at, o.order_id,
                l.gtin, l.person_id,
            row_number() over (partition by o.order_id order by l.line_number) as position
        from shop_order o join shop_line l on l.order_id = o.order_id
        where o.is_refunded
        qualify position = 1 or not o.is_partly_refunded;
    """)


def write(
    con: duckdb.DuckDBPyConnection, outbox: Outbox, params: Parameters, calendar: Calendar
) -> None:
    """Write the files of shopify."""
    _create_customers(con, params)
    _create_orders(con, params, calendar)
    late, twice = params.rates["late_row"], params.rates["duplicate_row"]
    outbox.write(con, "shopify_customer", "shopify", "customer", "csv.gz", late, twice)
    outbox.write(
        con, "shopify_order", "shopify", "order", "csv.gz", late, twice, measures=("total_price",)
    )
    outbox.write(
        con,
        "shopify_order_line",
        "shopify",
        "order_line",
        "csv.gz",
        0.0,
        twice,
        measures=("quantity", "total_discount"),
    )
    outbox.write(
        con,
        "shopify_discount_code",
        "shopify",
        "order_discount_code",
        "csv.gz",
        0.0,
        twice,
        measures=("amount",),
    )
    outbox.write(con, "shopify_refund", "shopify", "refund", "jsonl.gz")
    outbox.write(
        con,
        "shopify_refund_line",
        "shopify",
        "order_line_refund",
        "jsonl.gz",
        measures=("quantity", "subtotal"),
    )
    outbox.write(con, "shopify_variant", "shopify", "product_variant", "csv.gz")


def _create_customers(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """Accounts as people typed them; a second version where a person tells of a change."""
    con.execute("""
        create temp view shopify_customer as
        with versions as (
            select n.*, v.number from noisy_person n
            join person_change c on c.person_id = n.person_id, (values (0), (1)) v(number)
            where n.system = 'shopify' and (v.number = 0 or (c.is_changed and c.tells_shop))
        )
        select p.shop_customer_id as id, v.given_name as first_name, v.family_name as last_name,
            case when v.number = 0 then v.email else v.email_later end as email,
            case when v.number = 0 then v.phone_e164 else v.phone_e164_later end as phone,
            'enabled' as state, chance(v.person_id, 'shop.marketing') < 0.6 as accepts_marketing,
                v.email is not null as verified_email,
            case when v.number = 1 then coalesce(s.city_2, p.city) else p.city
                end as default_address_city,
            case when v.number = 1 then coalesce(s.postal_code_2, p.postal_code)
                else p.postal_code end as default_address_zip,
            p.market as default_address_country_code,
                p.known_since as created_at,
            case when v.number = 0 then p.known_since else s.changed_at end as updated_at,
            case when v.number = 0 then p.known_since else s.changed_at end as _at, v.person_id * 2
                + v.number as _id
        from versions v join person p on p.person_id = v.person_id
        join person_change s on s.person_id = v.person_id
        where p.shop_customer_id is not null
    """)


def _create_orders(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    con.execute(f"""
        create temp view shopify_order as
        with versions as (
            select o.*, v.number from shop_order o, (values (0), (1)) v(number) where v.number = 0
                or o.is_refunded
        ),
        tests as (
            select 4900000000 + i as order_id, i as journey_id, timestamp '{calendar.start}'
                + to_seconds((chance(i, 'test order.day') * {calendar.day_count - 1}
                    * 86400)::bigint) as ordered_at
            from range((select greatest(2, count(*) * {params.rates["test_order"]})
                from shop_order)::bigint) r(i)
        )
        select o.order_id as id, order_name(o.journey_id) as name,
            case when o.is_guest then coalesce(at_time(o.ordered_at, n.changed_at, n.email,
                n.email_later), p.email, p.email_2) else coalesce(at_time(o.ordered_at,
                n.changed_at, n.email, n.email_later), p.email) end as email,
            case when not o.is_guest then p.shop_customer_id end as customer_id,
            o.currency, o.subtotal as subtotal_price, o.tax as total_tax, round(o.subtotal + o.tax,
                2) as total_price,
            o.discounts as total_discounts,
            case when o.number = 0 then 'paid' when o.is_partly_refunded then 'partially_refunded'
                else 'refunded' end as financial_status,
            case o.store_code when 'own:web' then 'web' else split_part(o.store_code, ':', 2)
                end as source_name,
            case when o.place = 'own_web' then 'https://www.lumavera.example/'
                end as referring_site,
            '/p' || (o.order_id % 12) as landing_site_base_url,
            o.market as billing_address_country_code, at_time(o.ordered_at,
                n.changed_at, n.phone_national, n.phone_national_later) as billing_address_phone,
            at_time(o.ordered_at, c.changed_at, p.city, coalesce(c.city_2, p.city))
                as shipping_address_city,
            at_time(o.ordered_at, c.changed_at, p.postal_code, coalesce(c.postal_code_2,
                p.postal_code)) as shipping_address_zip,
                o.market as shipping_address_country_code,
            null::timestamp as cancelled_at, false as test, o.ordered_at as created_at,
            case when o.number = 0 then o.ordered_at else o.refunded_at end as updated_at,
            case when o.number = 0 then o.ordered_at else o.refunded_at end as _at, o.order_id * 2
                + o.number as _id
        from versions o join person p on p.person_id = o.person_id
        join person_change c on c.person_id = o.person_id
        left join noisy_person n on n.person_id = o.person_id and n.system = 'order'
        union all
        select order_id, '#TEST' || order_id, 'test@lumavera.example', null, 'EUR', 1.0, 0.1, 1.1,
            0.0, 'paid', 'web', null, '/',
            'ES', null, 'Madrid', '28001', 'ES', null, true, ordered_at, ordered_at, ordered_at,
                order_id * 2
        from tests;
        create temp view shopify_order_line as
        select line_id as id, order_id, ('7' || right(gtin, 9))::bigint as product_id,
            ('8' || right(gtin, 9))::bigint as variant_id,
            sku, title, unit_price as price, quantity, discount as total_discount,
                purchased_at as _at, line_id as _id
        from shop_line;
        create temp view shopify_discount_code as
        with codes as (
            select order_id, purchased_at, journey_id, 1 as "index", 'LUMA10' as code,
                promotion_discount as share
            from shop_line
            union all
            select l.order_id, l.purchased_at, l.journey_id, 2, f.code_typed, l.friend_discount
            from shop_line l join friend_code f on f.journey_id = l.journey_id
        )
        select order_id, "index", code, round(sum(share), 2) as amount, 'percentage' as type,
            any_value(purchased_at) as _at, order_id * 4 + "index" as _id
        from codes where share > 0 group by order_id, "index", code;
        create temp view shopify_refund as
        select refund_id as id, order_id, refunded_at as created_at, refunded_at
            + interval 2 hour as processed_at,
            pick(['damaged', 'not as expected', 'arrived late'], chance(order_id,
                'refund.note')) as note, true as restock,
            refunded_at as _at, refund_id as _id
        from shop_refund_line where position = 1;
        create temp view shopify_refund_line as
        select refund_line_id as id, refund_id, line_id as order_line_id, quantity, subtotal,
            round(subtotal * 0.1, 2) as total_tax,
            'return' as restock_type, refunded_at as _at, refund_line_id as _id
        from shop_refund_line;
        create temp view shopify_variant as
        select ('8' || right(gtin, 9))::bigint as id, ('7' || right(gtin, 9))::bigint as product_id,
            sku, gtin as barcode, name as title,
            list_price_eur as price, timestamp '{calendar.start}' as updated_at,
                timestamp '{calendar.start}' as _at,
            right(gtin, 9)::bigint as _id
        from product;
    """)

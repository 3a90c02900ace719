"""Baskets of shoppers who showed their loyalty card at Northmart.

Only the till's lines belong here; who the members are stands in `retail_lists`.
"""

from __future__ import annotations

from orchestration.sample.house_files import HouseFiles


def write(files: HouseFiles, mess: dict[str, float]) -> None:
    """Baskets with a loyalty card. Their time is the store's own, with its distance from UTC."""
    files.con.execute(
        f"""
        create or replace temp table basket_line as
        with numbered as (
            select
                purchase.*,
                hash(purchase.card_id || purchase.store_code || purchase.purchased_at) as basket,
                row_number() over (
                    partition by basket
                    order by purchase.gtin, purchase.quantity, purchase.unit_price_eur
                ) as line_id,
                basket::varchar || '-' || line_id as row_name,
            from purchase
            inner join distributor using (distributor_code)
            where
                purchase.card_id is not null
                and distributor.shares_baskets
                and purchase.place = 'store'
        )
        select
            numbered.*,
            store.distributor_store_code as store_id,
            retail_market.currency,
            round(quantity * unit_price_eur::double / retail_market.rate, 2) as amount,
            timezone(retail_market.time_zone, timezone('UTC', purchased_at)) as local_at,
            date_diff('minute', purchased_at, local_at) as offset_minutes,
            draw(row_name, 'late') < {mess["late_row"]}
            and file_day.file_number < {files.last_number} as is_late,
            file_day.file_number + is_late::integer as file_number,
            copy.copy,
        from numbered
        inner join store using (store_code)
        inner join retail_market on store.market = retail_market.market
        inner join file_day on numbered.purchased_at::date = file_day.day
        inner join (values (1), (2)) as copy (copy)
            on copy = 1 or draw(row_name, 'duplicate') < {mess["duplicate_row"]}
        """
    )

    def lines(number: int) -> str:
        return f"""
            select
                lpad(to_base((basket >> 2)::bigint, 36), 13, '0') as basket_id, line_id as line,
                card_id as card, store_id, ltrim(gtin, '0') as upc, quantity as qty,
                format('{{:.2f}}', amount) as net, '0.00' as discount, currency,
                strftime(local_at, '%Y-%m-%dT%H:%M:%S')
                || case when offset_minutes < 0 then '-' else '+' end
                || lpad((abs(offset_minutes) // 60)::varchar, 2, '0') || ':'
                || lpad((abs(offset_minutes) % 60)::varchar, 2, '0') as sold_at,
            from basket_line where file_number = {number}
            order by sold_at, basket_id, line, copy
        """

    files.write_periods("northmart/baskets_{period}.csv.gz", lines)
    name = "northmart/baskets_*.csv.gz"
    files.note_rows("basket_line", name, "late_row", "is_late", "stands in the next file")
    files.note_rows(
        "basket_line", name, "duplicate_row", "copy = 2", "the same line twice in a file"
    )

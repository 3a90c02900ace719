"""Store visits that members tell of: the brand's app, in which they check in at a store.

Belongs here: who checks in, where, and the app's files. That people visit stores at all is part
of their journeys.
"""

from __future__ import annotations

import duckdb

from orchestration.sample.files import Outbox
from orchestration.sample.parameters import Parameters


def build(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """Create store_check_in: store visits of people with a shop account, of whom some check in.

    They go to the stores in which they buy. Needs touch, person and store_slot.
    """
    con.execute(f"""
        create table store_check_in as
        with visits as (
            select t.touch_id, t.person_id, t.market, t.touched_at, p.shop_customer_id,
                chance(t.person_id * 8 + (chance(t.touch_id, 'visit.store') * 3)::int,
                    'purchase.store') as place_drawn
            from touch t join person p on p.person_id = t.person_id
            where t.channel = 'store_visit' and p.shop_customer_id is not null
                and p.known_since <= t.touched_at
                and chance(t.touch_id, 'visit.check in') < {params.rates["store_check_in"]}
        )
        select v.touch_id, v.person_id, v.market, v.touched_at, v.shop_customer_id,
            s.store_code, s.distributor_code
        from visits v
        join store_slot s on s.market = v.market and s.place = 'store'
            and v.place_drawn >= s.low and (v.place_drawn < s.high or s.is_last)
    """)


def write(con: duckdb.DuckDBPyConnection, outbox: Outbox, params: Parameters) -> None:
    """Write the files of store_app."""
    con.execute("""
        create temp view check_in as
        select 'CI' || c.touch_id as check_in_id, c.shop_customer_id as account,
            c.distributor_code as chain, s.distributor_store_code as store_no,
            c.market as country, c.touched_at as checked_in_at,
            c.touched_at as _at, c.touch_id as _id
        from store_check_in c join store s on s.store_code = c.store_code
    """)
    outbox.write(
        con,
        "check_in",
        "store_app",
        "check_in",
        "csv",
        params.rates["late_row"],
        params.rates["duplicate_row"],
    )

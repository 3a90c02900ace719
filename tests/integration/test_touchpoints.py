"""Touchpoints of the sample company against its truth: check-ins, machines, markets."""

from __future__ import annotations

import duckdb
from questions_asked import rows


def test_every_check_in_stands_with_its_person_and_store(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    """The check-ins in truth and in the warehouse are the same; stores lie in the market."""
    [(visits, *counts)] = rows(
        marts,
        """
        with truly as (
            select touchpoint_id, record_id, happened_at from truth.touchpoint
            where channel = 'store_visit' and is_recorded
        ),
        held as (
            select * from marts.fct_touchpoint where source_system = 'touchpoint'
        )
        select
            count(*) as visits,
            count(truly.touchpoint_id) as true_visits,
            count(held.touchpoint_key) as held_visits,
            count(*) filter (where held.customer_key <> -1) as known,
            count(*) filter (where dim_store.place_type = 'physical_store') as in_stores,
            count(*) filter (where dim_store.market_code = held.market_code) as in_market,
            count(*) filter (where dim_channel.channel_code = 'store_visit') as classified,
            count(*) filter (where held.is_engagement and held.stage = 'consideration') as steps
        from truly
        full join held
            on truly.record_id = held.record_id and truly.happened_at = held.occurred_at
        left join marts.dim_store using (store_key)
        left join marts.dim_channel using (channel_key)
        """,
    )
    assert visits > 100
    assert set(counts) == {visits}


def test_machines_are_left_out_with_a_count(marts: duckdb.DuckDBPyConnection) -> None:
    """As many visits as were planted, each with its five events, and none is a touchpoint."""
    [(planted,)] = rows(
        marts, "select sum(rows) from truth.planted_fault where kind = 'bot_session'"
    )
    [(left_out, events)] = rows(
        marts,
        """
        select sum(session_count), sum(event_count)
        from marts.fct_excluded_session_daily
        where excluded_because = 'machine'
        """,
    )
    assert planted > 0
    assert (left_out, events) == (planted, 5 * planted)


def test_contacts_without_a_market_have_that_of_their_customer(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    """E-mails, calls and mailings name none; it is the person's in all but a few cases."""
    [(contacts, unknown, wrong)] = rows(
        marts,
        """
        select
            count(*),
            count(*) filter (where touchpoint.market_code = 'unknown'),
            count(*) filter (where touchpoint.market_code not in (person.market, 'unknown'))
        from marts.fct_touchpoint as touchpoint
        inner join truth.record using (record_id)
        inner join truth.person as person using (person_id)
        where not touchpoint.is_market_named
        """,
    )
    assert contacts > 1000
    assert unknown <= 0.001 * contacts
    assert wrong <= 0.02 * contacts


def test_every_kind_of_contact_is_described(marts: duckdb.DuckDBPyConnection) -> None:
    kinds = rows(
        marts,
        """
        select distinct dim_touchpoint_type.touchpoint_type, defined_by
        from marts.fct_touchpoint inner join marts.dim_touchpoint_type using (touchpoint_type_key)
        """,
    )
    assert len(kinds) >= 20
    assert {defined_by for _, defined_by in kinds} == {"project"}

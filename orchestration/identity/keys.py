"""Customer keys that last: a cluster keeps the key that most of its records had before.

Belongs here: which cluster of records goes by which customer key, given the previous run.
Doesn't belong here: which records form a cluster (see `resolve`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.lib import engine


@dataclass(frozen=True)
class KeyChanges:
    """How many customers are new, and how many keys were merged away or split."""

    new_customers: int
    merged_keys: int
    split_keys: int


def surrogate_of(expression: str) -> str:
    """SQL of the key that dbt's macro `surrogate_key` gives one expression."""
    return (
        f"cast(cast(md5_number_upper(coalesce(cast({expression} as varchar), '<null>')) as hugeint)"
        " - 9223372036854775808 as bigint)"
    )


def assign_customer_keys(
    connection: duckdb.DuckDBPyConnection, previous_path: Path | None
) -> KeyChanges:
    """Give each cluster of table `membership` a key, in table `customer`; log moves.

    Expects tables `person` (record_no in order of age, record_id) and `membership` (record_no,
    group_no). Writes `customer` (group_no, customer_key) and `moved_record` (record_id,
    previous_customer_key, customer_key, change).
    A previous key goes to the cluster that holds most of its records; a cluster that could keep
    several takes the one that most of its records had. Ties go to the older record. Other
    clusters get a key made of their first record.
    """
    _read_previous(connection, previous_path)
    connection.execute("""
        create table overlap as
        select
            membership.group_no,
            previous.customer_key,
            count(*) as records,
            min(membership.record_no) as first_record_no,
        from previous
        inner join person using (record_id)
        inner join membership using (record_no)
        group by membership.group_no, previous.customer_key
    """)
    connection.execute("""
        create table customer as
        with claims as (
            select *
            from overlap
            qualify row_number() over (
                partition by customer_key order by records desc, first_record_no
            ) = 1
        )
        select group_no, customer_key
        from claims
        qualify row_number() over (
            partition by group_no order by records desc, first_record_no
        ) = 1
    """)
    new_customers = _give_new_keys(connection)
    _log_moves(connection)
    return KeyChanges(
        new_customers=new_customers,
        merged_keys=engine.number(
            connection,
            "select count(distinct customer_key) from overlap "
            "where customer_key not in (select customer_key from customer)",
        ),
        split_keys=engine.number(
            connection,
            "select count(*) from (select customer_key from overlap "
            "group by customer_key having count(*) > 1)",
        ),
    )


def _read_previous(connection: duckdb.DuckDBPyConnection, previous_path: Path | None) -> None:
    if previous_path is None:
        connection.execute("create table previous (record_id varchar, customer_key bigint)")
        return
    connection.execute(
        "create table previous as select record_id, customer_key "
        f"from read_parquet({engine.text(previous_path)})"
    )


def _give_new_keys(connection: duckdb.DuckDBPyConnection) -> int:
    """Give keys to clusters without one; a key in use is varied until it is free."""
    connection.execute("""
        create table newcomer as
        select membership.group_no, arg_min(person.record_id, person.record_no) as record_id
        from membership
        inner join person using (record_no)
        where membership.group_no not in (select group_no from customer)
        group by membership.group_no
    """)
    newcomers = engine.number(connection, "select count(*) from newcomer")
    attempt = 0
    while engine.number(connection, "select count(*) from newcomer"):
        varied = "record_id" if attempt == 0 else f"record_id || '#{attempt}'"
        connection.execute(f"""
            create or replace temp table candidate as
            select group_no, {surrogate_of(varied)} as customer_key
            from newcomer
        """)
        # Keys of the previous run stay taken even when nobody goes by them now, except by the
        # cluster that holds their record: a key must never come to mean another person.
        connection.execute("""
            insert into customer
            select candidate.group_no, candidate.customer_key
            from candidate
            where candidate.customer_key <> -1
                and candidate.customer_key not in (select customer_key from customer)
                and not exists (
                    select 1
                    from overlap
                    where overlap.customer_key = candidate.customer_key
                        and overlap.group_no <> candidate.group_no
                )
            qualify row_number() over (
                partition by candidate.customer_key order by candidate.group_no
            ) = 1
        """)
        connection.execute("delete from newcomer where group_no in (select group_no from customer)")
        attempt += 1
    return newcomers


def _log_moves(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        create table moved_record as
        select
            person.record_id,
            previous.customer_key as previous_customer_key,
            customer.customer_key,
            case
                when previous.customer_key in (select customer_key from customer) then 'split'
                else 'merged'
            end as change,
        from previous
        inner join person using (record_id)
        inner join membership using (record_no)
        inner join customer using (group_no)
        where previous.customer_key <> customer.customer_key
        order by person.record_no
    """)

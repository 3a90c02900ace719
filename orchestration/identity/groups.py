"""Customers that belong together without being one: what households, companies, communities share.

Belongs here: the tables that they write, relations as the sources state them, numbering of
connected customers, and group keys that last.
Doesn't belong here: who is a household (see `households`), a company's people (see `companies`)
or a community (see `communities`).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np

from orchestration.identity.clusters import components
from orchestration.identity.keys import surrogate_of

CUSTOMER_RELATION = {
    "customer_key": "bigint",
    "linked_customer_key": "bigint",
    "link_type": "varchar",
    "confidence": "double",
    "evidence_count": "bigint",
    "valid_from": "timestamp",
}
CUSTOMER_GROUP = {
    "customer_key": "bigint",
    "group_type": "varchar",
    "group_key": "bigint",
    "rule": "varchar",
    "confidence": "double",
    "valid_from": "timestamp",
}
DIRECTED = ("company", "parent_company", "referral")

# How sure a link is that a source states itself. A referral code may have been passed on.
STATED_CONFIDENCE = {
    "company": 1.0,
    "parent_company": 1.0,
    "referral": 0.95,
    "shared_device": 0.6,
    "shared_interest": 0.4,
}


@dataclass(frozen=True)
class GroupOptions:
    """How customers are grouped.

    `max_household` is the most people whom one household may have; `max_sharing` the most
    customers who may share an address, phone or mailbox before it says nothing of two of them.
    A referral code that more than `max_referrals` people used is public, and so less sure.
    E-mail domains in `free_mail_domains` say nothing of a company. A community has at least
    `min_community` customers; somebody with more than `max_interests` links of shared interest
    links nobody by them. `seed` makes communities the same in every run.
    """

    max_household: int = 8
    max_sharing: int = 12
    max_referrals: int = 50
    free_mail_domains: tuple[str, ...] = ()
    min_community: int = 3
    max_interests: int = 50
    seed: int = 1


@dataclass(frozen=True)
class GroupReport:
    """What was found: groups by kind, relations, and clusters too large to be a household."""

    households: int
    companies: int
    communities: int
    relations: int
    too_large: int


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create empty tables `customer_relation` and `customer_group`, whatever stood there."""
    for name, columns in (("relation", CUSTOMER_RELATION), ("group", CUSTOMER_GROUP)):
        fields = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        connection.execute(f"create or replace table customer_{name} ({fields})")


def state_relations(connection: duckdb.DuckDBPyConnection, options: GroupOptions) -> None:
    """Add the relations of table `relation` to `customer_relation`, customer by customer.

    Those of kinds without a direction stand once, smaller key first.
    """
    kinds = ", ".join(f"'{kind}'" for kind in DIRECTED)
    values = ", ".join(f"('{kind}', {value})" for kind, value in STATED_CONFIDENCE.items())
    connection.execute(f"""
        insert into customer_relation
        with kind(relation_type, confidence) as (values {values}),
        stated as (
            select
                relation.relation_type,
                kind.confidence,
                one.customer_key as one_key,
                other.customer_key as other_key,
                relation.relation_type in ({kinds}) as is_directed,
                relation.related_at,
            from relation
            inner join kind using (relation_type)
            inner join person as one on relation.record_id = one.record_id
            inner join person as other on relation.linked_record_id = other.record_id
            where one.customer_key <> other.customer_key
        ),
        counted as (
            select
                if(is_directed, one_key, least(one_key, other_key)) as customer_key,
                if(is_directed, other_key, greatest(one_key, other_key)) as linked_customer_key,
                relation_type,
                any_value(confidence) as confidence,
                count(*) as evidence_count,
                min(related_at) as valid_from,
            from stated
            group by all
        )
        select
            customer_key,
            linked_customer_key,
            relation_type,
            if(
                relation_type = 'referral'
                and count(*) over (partition by relation_type, customer_key)
                    > {options.max_referrals},
                0.5, confidence
            ),
            evidence_count,
            valid_from,
        from counted
    """)


def number_components(
    connection: duckdb.DuckDBPyConnection, edges: str, target: str
) -> dict[int, int]:
    """Write table `target` (customer_key, group_no) of customers connected by `edges`.

    `edges` is a select of two customer keys. Returns the size of each group.
    """
    found = connection.execute(f"select distinct * from ({edges}) as edge(one, other)")
    pairs = found.fetchnumpy()
    one, other = (np.asarray(pairs[name], dtype=np.int64) for name in ("one", "other"))
    keys, numbers = np.unique(np.concatenate([one, other]), return_inverse=True)
    labels = components(numbers[: len(one)], numbers[len(one) :], len(keys))
    connection.register("numbered", {"customer_key": keys, "group_no": labels})
    connection.execute(
        f"create or replace temp table {target} as select customer_key::bigint as customer_key, "
        "group_no::bigint as group_no from numbered"
    )
    connection.unregister("numbered")
    groups, sizes = np.unique(labels, return_counts=True)
    return dict(zip(groups.tolist(), sizes.tolist(), strict=True))


def keep_group_keys(connection: duckdb.DuckDBPyConnection, group_type: str, founders: str) -> int:
    """Write temp table `keyed_group` (group_no, group_key) for temp table `grouped`.

    `grouped` has the members (customer_key, group_no); `founders` selects group_no and the
    customer key that a new group's key is made of. Where a table `previous_group` (customer_key,
    group_type, group_key) exists, a key goes to the group that holds most of its members of
    then, and a group that could keep several keeps the one of most members. Returns the number
    of groups.
    """
    has_previous = connection.execute(
        "select count(*) from duckdb_tables() where table_name = 'previous_group'"
    ).fetchall()[0][0]
    previous = (
        f"select customer_key, group_key from previous_group where group_type = '{group_type}'"
        if has_previous
        else "select null::bigint as customer_key, null::bigint as group_key limit 0"
    )
    connection.execute(f"""
        create or replace temp table keyed_group as
        with overlap as (
            select grouped.group_no, previous.group_key, count(*) as members
            from grouped inner join ({previous}) as previous using (customer_key)
            group by all
        ),
        claim as (
            from overlap
            qualify row_number() over (
                partition by group_key order by members desc, group_no
            ) = 1
        )
        select group_no, group_key from claim
        qualify row_number() over (partition by group_no order by members desc, group_key) = 1
    """)
    attempt = 0
    newcomers = f"""
        select group_no, founder_key from ({founders}) as founder(group_no, founder_key)
        where group_no not in (select group_no from keyed_group)
    """
    while connection.execute(f"select count(*) from ({newcomers})").fetchall()[0][0]:
        key = surrogate_of(f"'{group_type}:{attempt}:' || founder_key")
        connection.execute(f"""
            insert into keyed_group
            select group_no, {key} as new_key from ({newcomers})
            where new_key not in (select group_key from keyed_group)
            qualify row_number() over (partition by new_key order by group_no) = 1
        """)
        attempt += 1
    return int(connection.execute("select count(*) from keyed_group").fetchall()[0][0])

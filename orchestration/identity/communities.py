"""Communities: customers whom referrals, households, companies and interests tie together.

Belongs here: the graph of customers and its communities.
Doesn't belong here: the links themselves (see `groups`, `households`, `companies`).
"""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np

from orchestration.identity.groups import GroupOptions, keep_group_keys, number_components

# How strongly a link holds two customers together.
WEIGHTS = {
    "household": 3.0,
    "referral": 2.0,
    "shared_device": 1.0,
    "shared_interest": 1.0,
    "company": 0.5,
}
SPREADING = ("referral", "shared_interest")
"""A community has a link of these kinds; without, it is but a household or a company."""
SMALL = 8
"""A connected part of so many customers is one community."""


def communities(connection: duckdb.DuckDBPyConnection, options: GroupOptions | None = None) -> int:
    """Add communities to `customer_group`, by Louvain's method on `customer_relation`.

    Small connected parts are a community each; larger ones are divided (networkx, modularity
    with weights by kind of link and confidence, seeded, so that equal input gives equal
    output). Returns the number of communities.
    """
    options = options or GroupOptions()
    _write_graph(connection, options)
    _write_communities(connection, options)
    found = keep_group_keys(
        connection,
        "community",
        "select group_no, min(customer_key) from grouped group by group_no",
    )
    connection.execute("""
        insert into customer_group
        with link as (
            select one as customer_key, other as linked_key, weight, since from graph
            union all
            select other, one, weight, since from graph
        )
        select
            one.customer_key,
            'community',
            keyed_group.group_key,
            'louvain',
            -- Share of the customer's ties that stay inside.
            sum(if(one.group_no = other.group_no, link.weight, 0)) / sum(link.weight),
            coalesce(min(if(one.group_no = other.group_no, link.since, null)), min(link.since)),
        from grouped as one
        inner join keyed_group using (group_no)
        inner join link on one.customer_key = link.customer_key
        left join grouped as other on link.linked_key = other.customer_key
        group by all
    """)
    return found


def _write_graph(connection: duckdb.DuckDBPyConnection, options: GroupOptions) -> None:
    """Write `graph` (one, other, weight, is_spreading, since): one row per two customers."""
    values = ", ".join(f"('{kind}', {weight})" for kind, weight in WEIGHTS.items())
    spreading = ", ".join(f"'{kind}'" for kind in SPREADING)
    connection.execute(f"""
        create or replace temp table graph as
        with kind(link_type, weight) as (values {values}),
        interested as (
            select customer_key from (
                select customer_key from customer_relation where link_type = 'shared_interest'
                union all
                select linked_customer_key from customer_relation
                where link_type = 'shared_interest'
            )
            group by customer_key
            having count(*) > {options.max_interests}
        )
        select
            least(customer_key, linked_customer_key) as one,
            greatest(customer_key, linked_customer_key) as other,
            sum(kind.weight * confidence)::double as weight,
            bool_or(link_type in ({spreading})) as is_spreading,
            min(valid_from) as since,
        from customer_relation
        inner join kind using (link_type)
        where link_type <> 'shared_interest' or (
            customer_key not in (from interested)
            and linked_customer_key not in (from interested)
        )
        group by all
    """)


def _write_communities(connection: duckdb.DuckDBPyConnection, options: GroupOptions) -> None:
    """Write `grouped`: parts of the graph, those that can be divided by Louvain's method."""
    number_components(connection, "select one, other from graph", "part")
    # Parts that only households and companies hold together are groups already.
    connection.execute("""
        create or replace temp table open_part as
        select part.group_no, count(*) as links
        from graph inner join part on graph.one = part.customer_key
        group by part.group_no
        having bool_or(is_spreading)
    """)
    rows = connection.execute("""
        select part.group_no, graph.one, graph.other, round(graph.weight, 6) as weight
        from graph
        inner join part on graph.one = part.customer_key
        semi join open_part using (group_no)
        order by part.group_no, graph.one, graph.other
    """).fetchnumpy()
    keys, numbers = _divide(rows, options.seed)
    connection.register("divided", {"customer_key": keys, "group_no": numbers})
    connection.execute(f"""
        create or replace temp table grouped as
        with divided_part as (
            select customer_key::bigint as customer_key, group_no::bigint as group_no from divided
        ),
        alive as (
            select one.group_no
            from graph
            inner join divided_part as one on graph.one = one.customer_key
            inner join divided_part as other on graph.other = other.customer_key
            where one.group_no = other.group_no
            group by one.group_no
            having bool_or(graph.is_spreading)
        )
        select * from divided_part semi join alive using (group_no)
        qualify count(*) over (partition by group_no) >= {options.min_community}
    """)
    connection.unregister("divided")


def _divide(rows: dict[str, Any], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Customers and the number of the community of each, part by part."""
    import networkx as nx

    parts = np.asarray(rows["group_no"])
    bounds = np.flatnonzero(np.diff(parts)) + 1
    keys: list[int] = []
    numbers: list[int] = []
    community = 0
    for one, other, weight in zip(
        np.split(np.asarray(rows["one"]), bounds),
        np.split(np.asarray(rows["other"]), bounds),
        np.split(np.asarray(rows["weight"]), bounds),
        strict=True,
    ):
        nodes = np.unique(np.concatenate([one, other]))
        if len(nodes) <= SMALL:
            found = [nodes.tolist()] if len(nodes) else []
        else:
            graph = nx.Graph()
            graph.add_nodes_from(nodes.tolist())
            graph.add_weighted_edges_from(
                zip(one.tolist(), other.tolist(), weight.tolist(), strict=True)
            )
            found = nx.community.louvain_communities(graph, seed=seed)
            found = sorted((sorted(members) for members in found), key=lambda members: members[0])
        for members in found:
            keys += members
            numbers += [community] * len(members)
            community += 1
    return np.array(keys, dtype=np.int64), np.array(numbers, dtype=np.int64)

"""From links to customers: components, cut where they contradict themselves.

Belongs here: which links hold, given what one person can't be (two birth dates, a pair that a
steward set apart, more records or addresses than one customer has), and the tree of strongest
links that explains a cluster. Doesn't belong here: where links come from (`rules`, `model`).

Components of a graph are worked out for all records at once. Only where a component breaks a
limit are its links taken one by one, strongest first, and a link that would break it is refused
(Kruskal's algorithm with constraints).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import duckdb
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree

from orchestration.identity.options import Options
from orchestration.identity.rules import MUST_LINK_STRENGTH, spell_out
from orchestration.lib import engine

SURE = 0.99
"""Probability of a link that needs no support by others."""

LEAST_SUPPORT = 1 / 7
"""Share of the pairs between two groups that must be linked where no link is sure."""


def cluster_links(
    connection: duckdb.DuckDBPyConnection, edges: str, target: str, options: Options
) -> int:
    """Write table `target` (record_no, group_no) and rows of `refused`; return contested clusters.

    `edges` is a table or query with one_no, other_no (record_no), strength, is_sure (a
    steward's), is_weighed (the model has weighed the two birth dates). Expects `person`,
    `cannot_link` (one_no, other_no) and `refused` (one_no, other_no, reason).
    """
    records = engine.number(connection, "select count(*) from person")
    connection.execute(f"create or replace temp table edge as select * from ({edges})")
    _write_groups(connection, records, "edge", target)
    contested = _contested(connection, target, options)
    if not contested:
        return 0
    in_contested = (
        f"select record_no from {target} where group_no in (select group_no from contested)"
    )
    spell_out(connection, in_contested)
    connection.execute(f"create or replace temp table edge as select * from ({edges})")
    refused = _refused_links(connection, target, options)
    connection.register("refused_found", refused)
    connection.execute(
        "insert into refused from refused_found anti join refused using (one_no, other_no)"
    )
    connection.unregister("refused_found")
    _write_groups(
        connection,
        records,
        "(select * from edge anti join refused using (one_no, other_no))",
        target,
    )
    return contested


def refuse_unsupported(connection: duckdb.DuckDBPyConnection, threshold: float) -> None:
    """Add to `refused` the doubtful links of `scored` that stand too alone between two groups.

    Groups are what rules and sure links make. A link that is not sure itself counts only where
    at least one pair in seven of the two groups is linked: between two large groups some pair
    agrees by chance.
    """
    records = engine.number(connection, "select count(*) from person")
    _write_groups(
        connection,
        records,
        f"""(
            select min(record_no) over (partition by group_no) as one_no, record_no as other_no
            from settled
            union all
            select one_no, other_no from scored where probability >= {SURE}
        )""",
        "core",
    )
    connection.execute(f"""
        insert into refused
        with sized as (
            select core.group_no, count(*) as profiles
            from profile inner join core on profile.profile_no = core.record_no
            group by core.group_no
        ),
        doubtful as (
            select one_no, other_no,
                least(one.group_no, other.group_no) as low_no,
                greatest(one.group_no, other.group_no) as high_no,
                count(*) over (partition by low_no, high_no) as links,
            from scored
            inner join core as one on scored.one_no = one.record_no
            inner join core as other on scored.other_no = other.record_no
            where probability >= {threshold} and one.group_no <> other.group_no
        )
        select one_no, other_no, 'unsupported'
        from doubtful
        inner join sized as low on doubtful.low_no = low.group_no
        inner join sized as high on doubtful.high_no = high.group_no
        where links < {LEAST_SUPPORT} * low.profiles * high.profiles
    """)


def components(one: np.ndarray, other: np.ndarray, size: int) -> np.ndarray:
    """Number of the component of each of `size` nodes; edges are pairs of node numbers."""
    graph = coo_array(
        (np.ones(len(one), dtype=np.int8), (one.astype(np.int64), other.astype(np.int64))),
        shape=(size, size),
    )
    return connected_components(graph.tocsr(), directed=False)[1]


def strongest_tree(
    one: np.ndarray, other: np.ndarray, strength: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Parent (-1: none) and depth of each node in the forest of strongest links.

    The root of a tree is its node of the smallest number, which is the oldest record.
    """
    # Shortest where strongest; a second link between the same two nodes adds nothing.
    order = np.lexsort((-strength, np.maximum(one, other), np.minimum(one, other)))
    low, high = np.minimum(one, other)[order], np.maximum(one, other)[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    low, high = low[first], high[first]
    length = MUST_LINK_STRENGTH + 1 - strength[order][first]
    graph = coo_array((length, (low, high)), shape=(size + 1, size + 1)).tocsr()
    forest = minimum_spanning_tree(graph)
    labels = connected_components(forest[:size, :size], directed=False)[1]
    roots = np.full(labels.max(initial=-1) + 1, size)
    np.minimum.at(roots, labels, np.arange(size))
    super_root = coo_array(
        (np.ones(len(roots)), (np.full(len(roots), size), roots)), shape=(size + 1, size + 1)
    )
    order_found, parents = breadth_first_order(
        (forest + super_root).tocsr(), size, directed=False, return_predecessors=True
    )
    parent = np.where(parents[:size] == size, -1, parents[:size])
    return parent, _depths(order_found, parents, size)[:size]


def _depths(order_found: np.ndarray, parents: np.ndarray, size: int) -> np.ndarray:
    """Depth below the super root's children, level by level."""
    depth = np.full(size + 1, -1)
    depth[size] = 0
    waiting = order_found[1:]
    level = 0
    while len(waiting):
        at_level = depth[parents[waiting]] == level
        depth[waiting[at_level]] = level + 1
        waiting = waiting[~at_level]
        level += 1
    return depth - 1


def _write_groups(
    connection: duckdb.DuckDBPyConnection, records: int, edges: str, target: str
) -> None:
    pairs = connection.execute(f"select one_no, other_no from {edges}").fetchnumpy()
    labels = components(np.asarray(pairs["one_no"]), np.asarray(pairs["other_no"]), records)
    connection.register("labelled", {"record_no": np.arange(records), "group_no": labels})
    connection.execute(
        f"create or replace table {target} as select record_no::bigint as record_no, "
        "group_no::bigint as group_no from labelled"
    )
    connection.unregister("labelled")


def _contested(connection: duckdb.DuckDBPyConnection, target: str, options: Options) -> int:
    """Table `contested`: groups that break a limit, and which."""
    connection.execute(f"""
        create or replace temp table contested as
        with described as (
            select group_no, person.birth_date, person.email, person.phone,
                person.record_type not in {engine.texts(options.impersonal_types)} as is_personal,
            from person inner join {target} using (record_no)
        ),
        summed as (
            select group_no, count(*) filter (where is_personal) as records,
                count(distinct email) as emails, count(distinct phone) as phones,
                count(distinct birth_date) as births,
            from described group by group_no having count(*) > 1
        ),
        births as (
            select distinct group_no, birth_date
            from described semi join (from summed where births > 1) using (group_no)
            where birth_date is not null
        )
        select group_no, 'too_large' as reason
        from summed where records > {options.max_cluster_records}
        union all
        select group_no, 'too_diverse'
        from summed
        where emails > {options.max_cluster_emails} or phones > {options.max_cluster_phones}
        union all
        select distinct one.group_no, 'contradiction'
        from births as one inner join births as other using (group_no)
        where births_conflict(one.birth_date, other.birth_date)
        union all
        select distinct one.group_no, 'cannot_link'
        from cannot_link
        inner join {target} as one on cannot_link.one_no = one.record_no
        inner join {target} as other on cannot_link.other_no = other.record_no
        where one.group_no = other.group_no
    """)
    return engine.number(connection, "select count(distinct group_no) from contested")


@dataclass
class _Group:
    """What a growing cluster holds: record numbers, and values of which it may have but few."""

    records: set[int] = field(default_factory=set)
    personal: int = 0
    births: set[int] = field(default_factory=set)
    emails: set[int] = field(default_factory=set)
    phones: set[int] = field(default_factory=set)
    apart: set[int] = field(default_factory=set)


def _refused_links(
    connection: duckdb.DuckDBPyConnection, target: str, options: Options
) -> dict[str, np.ndarray]:
    """Links of contested groups that would break a limit, strongest links going first."""
    groups = _described(connection, target, options)
    conflicts = _conflicting_births(connection, target)
    links = connection.execute(f"""
        select one_no, other_no, strength, is_sure, is_weighed
        from edge
        inner join {target} as one on edge.one_no = one.record_no
        where one.group_no in (select group_no from contested)
        order by is_sure desc, strength desc, one_no, other_no
    """).fetchall()
    found: dict[str, list[object]] = {"one_no": [], "other_no": [], "reason": []}
    for one_no, other_no, _, is_sure, is_weighed in links:
        one, other = groups[one_no], groups[other_no]
        if one is other:
            continue
        reason = _objection(one, other, set() if is_weighed else conflicts, is_sure, options)
        if reason:
            for name, value in zip(found, (one_no, other_no, reason), strict=True):
                found[name].append(value)
        else:
            _merge(one, other, groups)
    return {
        "one_no": np.array(found["one_no"], dtype=np.int64),
        "other_no": np.array(found["other_no"], dtype=np.int64),
        "reason": np.array(found["reason"], dtype=object),
    }


def _objection(
    one: _Group, other: _Group, conflicts: set[tuple[int, int]], is_sure: bool, options: Options
) -> str | None:
    if one.apart & other.records or other.apart & one.records:
        return "cannot_link"
    if is_sure:
        return None
    if any((a, b) in conflicts for a in one.births for b in other.births):
        return "contradiction"
    if one.personal + other.personal > options.max_cluster_records:
        return "too_large"
    if (
        len(one.emails | other.emails) > options.max_cluster_emails
        or len(one.phones | other.phones) > options.max_cluster_phones
    ):
        return "too_diverse"
    return None


def _merge(one: _Group, other: _Group, groups: dict[int, _Group]) -> None:
    if len(one.records) < len(other.records):
        one, other = other, one
    for record in other.records:
        groups[record] = one
    one.records |= other.records
    one.personal += other.personal
    one.births |= other.births
    one.emails |= other.emails
    one.phones |= other.phones
    one.apart |= other.apart


def _described(
    connection: duckdb.DuckDBPyConnection, target: str, options: Options
) -> dict[int, _Group]:
    rows = connection.execute(f"""
        select record_no, record_type not in {engine.texts(options.impersonal_types)},
            hash(birth_date), hash(email), hash(phone),
            birth_date is null, email is null, phone is null,
        from person inner join {target} using (record_no)
        where group_no in (select group_no from contested)
    """).fetchall()
    groups = {
        number: _Group(
            {number},
            int(is_personal),
            set() if no_birth else {birth},
            set() if no_email else {email},
            set() if no_phone else {phone},
        )
        for number, is_personal, birth, email, phone, no_birth, no_email, no_phone in rows
    }
    apart: dict[int, set[int]] = defaultdict(set)
    for one_no, other_no in connection.execute("from cannot_link").fetchall():
        apart[one_no].add(other_no)
        apart[other_no].add(one_no)
    for number, others in apart.items():
        if number in groups:
            groups[number].apart = others
    return groups


def _conflicting_births(connection: duckdb.DuckDBPyConnection, target: str) -> set[tuple[int, int]]:
    rows = connection.execute(f"""
        with births as (
            select distinct group_no, birth_date
            from person inner join {target} using (record_no)
            where birth_date is not null and group_no in (select group_no from contested)
        )
        select distinct hash(one.birth_date), hash(other.birth_date)
        from births as one inner join births as other using (group_no)
        where births_conflict(one.birth_date, other.birth_date)
    """).fetchall()
    return set(rows)

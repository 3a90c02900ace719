"""What a resolution says: links with their reasons, customers as trees, cases for review.

Belongs here: tables `link`, `cluster`, `path` and `review`, by record ids. Doesn't belong here:
which links hold (see `clusters`), and where the warehouse keeps these tables (see `warehouse`).
"""

from __future__ import annotations

import duckdb
import numpy as np

from orchestration.identity import clusters
from orchestration.identity.options import WEIGHTS
from orchestration.lib import engine


def write_links(connection: duckdb.DuckDBPyConnection, threshold: float) -> None:
    """Table `link_no`: each link that was found, by record numbers, and what became of it."""
    present = {row[0] for row in connection.execute("describe scored").fetchall()}
    weights = ", ".join(
        f"{name}_weight" if f"{name}_weight" in present else f"null::double as {name}_weight"
        for name in WEIGHTS
    )
    named = {*(f"{name}_weight" for name in WEIGHTS), "match_weight", "relatives_weight"}
    rest = sorted(x for x in present if x.endswith("_weight") and x not in named)
    other = " + ".join(rest) or "null::double"
    relatives = "relatives_weight" if "relatives_weight" in present else "null::double"
    connection.execute(f"""
        create table link_no as
        with found as (
            select one_no, other_no, rule, strength, confidence, linked_at,
                null::double as match_weight, null::double as probability,
                {", ".join(f"null::double as {name}_weight" for name in WEIGHTS)},
                null::double as other_weight, null::double as relatives_weight,
            from rule_link
            union all
            select one_no, other_no, 'model', least(match_weight, 25), probability,
                greatest(one.created_at, other.created_at), match_weight, probability,
                {weights}, {other}, {relatives},
            from scored
            inner join person as one on scored.one_no = one.record_no
            inner join person as other on scored.other_no = other.record_no
        )
        select found.*,
            case
                when one.group_no = other.group_no then 'used'
                else coalesce(refused.reason, 'grey_zone')
            end as status,
        from found
        inner join membership as one on found.one_no = one.record_no
        inner join membership as other on found.other_no = other.record_no
        left join refused
            on found.one_no = refused.one_no and found.other_no = refused.other_no
        -- What ties two records of one customer otherwise needs no doubtful pair.
        where one.group_no <> other.group_no or rule <> 'model' or probability >= {threshold}
    """)
    connection.execute("""
        create table link as
        select one.record_id, other.record_id as linked_record_id,
            link_no.* exclude (one_no, other_no, strength),
        from link_no
        inner join person as one on link_no.one_no = one.record_no
        inner join person as other on link_no.other_no = other.record_no
    """)


def write_clusters(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `cluster`: the customer of each record, and the link that it hangs on."""
    size = engine.number(connection, "select count(*) from person")
    rows = connection.execute(
        "select one_no, other_no, strength from link_no where status = 'used'"
    ).fetchnumpy()
    parent, depth = clusters.strongest_tree(
        np.asarray(rows["one_no"], np.int64),
        np.asarray(rows["other_no"], np.int64),
        np.asarray(rows["strength"], float),
        size,
    )
    connection.register(
        "tree_found", {"record_no": np.arange(size), "parent_no": parent, "depth": depth}
    )
    connection.execute("create table tree as from tree_found")
    connection.unregister("tree_found")
    connection.execute("""
        create table cluster as
        with strongest as (
            select least(one_no, other_no) as low, greatest(one_no, other_no) as high,
                arg_max(rule, strength) as rule,
                arg_max(confidence, strength) as confidence,
                arg_max(coalesce(match_weight, -1000), strength) as match_weight,
                arg_max(linked_at, strength) as linked_at,
            from link_no where status = 'used' group by low, high
        )
        select person.record_no, person.record_id, membership.group_no as cluster_id,
            coalesce(strongest.rule, 'own_record') as rule,
            coalesce(strongest.confidence, 1)::double as confidence,
            nullif(strongest.match_weight, -1000) as match_weight,
            other.record_id as linked_record_id,
            tree.depth::integer as link_depth,
            coalesce(strongest.linked_at, person.created_at) as linked_at,
        from person
        inner join membership using (record_no)
        inner join tree using (record_no)
        left join strongest
            on least(tree.record_no, tree.parent_no) = strongest.low
            and greatest(tree.record_no, tree.parent_no) = strongest.high
        left join person as other on tree.parent_no = other.record_no
    """)


def write_paths(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `path` (record_no, link_path): the records from a customer's oldest to this one."""
    connection.execute("""
        create table path as
        select tree.record_no, person.record_id as link_path
        from tree inner join person using (record_no)
        where tree.depth = 0
    """)
    deepest = engine.number(connection, "select coalesce(max(depth), 0) from tree")
    for depth in range(1, deepest + 1):
        connection.execute(
            """
            insert into path
            select tree.record_no, path.link_path || ' > ' || person.record_id
            from tree
            inner join path on tree.parent_no = path.record_no
            inner join person on tree.record_no = person.record_no
            where tree.depth = ?
            """,
            [depth],
        )


def write_review(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `review`: what a person should look at, and why."""
    connection.execute("""
        create table review as
        select status as reason, record_id, linked_record_id, match_weight,
            case status
                when 'grey_zone' then 'The model is not sure enough to link these two.'
                when 'contradiction' then 'A link was cut: the birth dates disagree.'
                when 'too_large' then 'A link was cut: the customer would have too many records.'
                when 'unsupported'
                    then 'A link was cut: hardly any other pair of the two groups agrees.'
                when 'too_diverse'
                    then 'A link was cut: the customer would have too many addresses or phones.'
            end as detail,
        from link
        where status not in ('used', 'cannot_link')
        union all
        select 'unknown_record_in_decision', decision.record_id, decision.other_record_id, null,
            'A decision names a record that does not exist: ' || decision.decision,
        from decision
        where decision.record_id not in (select record_id from person)
            or decision.other_record_id not in (select record_id from person)
    """)

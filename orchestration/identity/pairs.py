"""Why two records are one customer, or not: any two, whether a run compared them or not.

Belongs here: what ties the two customers, and the model's weight of the pair, worked out as a run
would. Doesn't belong here: a customer as a whole (see `explain`).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.identity import model as models
from orchestration.identity.evidence import Evidence
from orchestration.identity.explain import Link, explain, links_of
from orchestration.identity.options import WEIGHTS, IdentityError
from orchestration.identity.waterfall import Bar, bars_of, levels_of, make_profiles
from orchestration.lib import engine

_NO_WEIGHT = 1e-15  # A probability below which a weight would not be told.


@dataclass(frozen=True)
class Comparison:
    """Two records: their customers, their paths, the links between the two, and the bars.

    `links` are those that tie the two customers, or the two records of one customer. `bars` are
    what the model makes of the pair; none where it has nothing to compare, which `note` says.
    """

    one_id: str
    other_id: str
    one_key: int
    other_key: int
    one_path: tuple[str, ...]
    other_path: tuple[str, ...]
    links: tuple[Link, ...]
    bars: tuple[Bar, ...]
    note: str


def compare(evidence: Evidence, one_id: str, other_id: str) -> Comparison:
    """Compare two records.

    Raises:
        IdentityError: one of them does not exist, or both are the same.
    """
    if one_id == other_id:
        raise IdentityError(f"Both records are {one_id}; name two.")
    one, other = explain(evidence, one_id), explain(evidence, other_id)
    if one.asked is None or other.asked is None:
        named = one_id if one.asked is None else other_id
        raise IdentityError(f"{named} is a customer; to compare, name a record_id.")
    paths = {record.record_id: record.path for x in (one, other) for record in x.records}
    theirs = {record.record_id for record in other.records}
    if one.customer_key == other.customer_key:
        between = [x for x in links_of(evidence, [one_id]) if other_id in (x.record_id, x.other_id)]
    else:
        between = [x for x in (*one.cut, *one.doubtful) if x.other_id in theirs]
    bars, note = _bars(evidence, one_id, other_id)
    return Comparison(
        one_id,
        other_id,
        one.customer_key,
        other.customer_key,
        paths[one_id],
        paths[other_id],
        tuple(between),
        tuple(bars),
        note,
    )


def _bars(evidence: Evidence, one_id: str, other_id: str) -> tuple[list[Bar], str]:
    """What the model makes of the two, as it would in a run; or why it makes nothing of them."""
    if evidence.model is None or evidence.frequencies is None:
        return [], "No model was kept with these results."
    if not evidence.has_records:
        return [], "The records cannot be read now, so they are not compared field by field."
    pair = (one_id, other_id)
    with duckdb.connect() as connection:
        make_profiles(connection, evidence, [pair])
        compared = connection.execute("select count(*) from profile").fetchall()[0][0]
        if compared < 2:
            return (
                [],
                "The model compares neither devices and accounts nor records that say nothing.",
            )
        connection.execute(
            f"create table frequency as from read_parquet({engine.text(evidence.frequencies)})"
        )
        connection.execute(
            "create table candidate as select min(profile_no) as one_no, "
            "max(profile_no) as other_no from profile"
        )
        models.score(connection, evidence.model, _NO_WEIGHT)
        row = connection.execute("from scored").fetchone()
        if row is None:
            return [], "The two have nothing in common."
        scored = dict(zip([x[0] for x in connection.description], row, strict=True))
    weights = {name: scored.get(f"{name}_weight") for name in (*WEIGHTS, "relatives")}
    named = {f"{name}_weight" for name in weights} | {"match_weight"}
    weights["other"] = sum(
        x for name, x in scored.items() if name.endswith("_weight") and name not in named
    )
    levels = levels_of(evidence, [pair]).get(pair, {})
    return bars_of(evidence, scored["match_weight"], weights, levels), ""

"""Why a record belongs to its customer: what an analyst or a data steward asks first.

Belongs here: gathering what speaks for and against each record of a customer. Doesn't belong
here: saying it (see `wording`, `pages`), or the sums within a weight (see `waterfall`).
Personal data (names, addresses) is read only when a caller asks for it; keys, rules and weights
say nothing of who somebody is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orchestration.identity.evidence import Evidence, said
from orchestration.identity.options import IdentityError
from orchestration.identity.waterfall import Bar, Pair, probability, waterfalls


@dataclass(frozen=True)
class Link:
    """What ties two records: a rule with its confidence, or a weight of the model with its bars."""

    record_id: str
    other_id: str
    rule: str
    confidence: float
    match_weight: float | None
    status: str
    linked_at: datetime | None
    other_key: int | None = None
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True)
class Belonging:
    """Why one record belongs: the link that it hangs on, and the path to the oldest record.

    `link` is none for the oldest record. `further` are its other links within the customer.
    """

    record_id: str
    depth: int
    link: Link | None
    path: tuple[str, ...]
    further: tuple[Link, ...]
    values: dict[str, str]


@dataclass(frozen=True)
class Change:
    """A record that went from one customer to another in a published run."""

    changed_at: datetime
    record_id: str
    previous_key: int
    customer_key: int
    change: str


@dataclass(frozen=True)
class Explanation:
    """A customer, record by record, oldest first; what was left out, and what has changed.

    `asked` is the record that was asked for, if it was one. `cut` and `doubtful` are links to
    other customers (or within, where a cut link is not needed).
    """

    customer_key: int
    asked: str | None
    records: tuple[Belonging, ...]
    cut: tuple[Link, ...]
    doubtful: tuple[Link, ...]
    history: tuple[Change, ...]
    notes: tuple[str, ...]

    @property
    def weakest(self) -> Link | None:
        """The link that the customer would fall apart at first."""
        links = [record.link for record in self.records if record.link]
        return min(links, key=_strength) if links else None


def explain(evidence: Evidence, key_or_record: str, *, show_values: bool = False) -> Explanation:
    """Say why each record of a customer belongs to it.

    Args:
        evidence: results of a run.
        key_or_record: a customer key, one that was merged away too, or a record id.
        show_values: read names, addresses and the like of the records.

    Raises:
        IdentityError: there is no such customer or record; or values are asked for and the
            records cannot be read.
    """
    key, asked, notes = _find(evidence, key_or_record)
    if show_values:
        evidence.need_records()
    rows = evidence.connection.execute(
        "select record_id, linked_record_id, link_depth, rule, confidence, match_weight, "
        "linked_at::timestamp from cluster where customer_key = ? "
        "order by link_depth, linked_at, record_id",
        [key],
    ).fetchall()
    links = links_of(evidence, [row[0] for row in rows])
    values = _values(evidence, [row[0] for row in rows]) if show_values else {}
    return Explanation(
        customer_key=key,
        asked=asked,
        records=_belongings(rows, links, values),
        cut=tuple(x for x in links if x.status not in ("used", "grey_zone")),
        doubtful=tuple(x for x in links if x.status == "grey_zone"),
        history=_history(evidence, key, [row[0] for row in rows]),
        notes=tuple(notes),
    )


def _find(evidence: Evidence, asked: str) -> tuple[int, str | None, list[str]]:
    """Customer key that is meant, the record if one was named, and what is worth saying."""
    connection = evidence.connection
    row = connection.execute(
        "select customer_key from cluster where record_id = ?", [asked]
    ).fetchone()
    if row:
        return row[0], asked, []
    if not asked.removeprefix("-").isdigit():
        raise IdentityError(_unknown(evidence, asked))
    key = int(asked)
    if connection.execute("from cluster where customer_key = ? limit 1", [key]).fetchone():
        return key, None, []
    moved = connection.execute(
        "select cluster.customer_key, count(*) from change inner join cluster using (record_id) "
        "where previous_customer_key = ? group by all order by count(*) desc",
        [key],
    ).fetchall()
    if not moved:
        raise IdentityError(_unknown(evidence, asked))
    now = ", ".join(str(row[0]) for row in moved)
    return moved[0][0], None, [f"Customer {key} is no more; its records are now of {now}."]


def _unknown(evidence: Evidence, asked: str) -> str:
    near = evidence.connection.execute(
        "select record_id from cluster where contains(lower(record_id), lower(?)) "
        "order by length(record_id), record_id limit 5",
        [asked],
    ).fetchall()
    hint = f" Did you mean {', '.join(row[0] for row in near)}?" if near else ""
    return (
        f"There is no customer or record {asked!r}.{hint} Give a customer_key, or a record_id as "
        "in bridge_customer_identity, such as shopify.customer:123."
    )


def links_of(evidence: Evidence, record_ids: list[str]) -> list[Link]:
    """Every link of the records, each seen from the record of this customer."""
    rows = evidence.connection.execute(
        """
        with member as (select unnest(?) as record_id)
        select link.record_id, link.linked_record_id, link.rule, link.confidence,
            link.match_weight, link.status, link.linked_at::timestamp,
            link.record_id in (from member) as is_first_ours,
            one.customer_key, other.customer_key,
        from link
        inner join cluster as one on link.record_id = one.record_id
        inner join cluster as other on link.linked_record_id = other.record_id
        where link.record_id in (from member) or link.linked_record_id in (from member)
        order by link.status, link.match_weight desc nulls first, link.record_id,
            link.linked_record_id, link.rule
        """,
        [record_ids],
    ).fetchall()
    bars = waterfalls(evidence, [(row[0], row[1]) for row in rows if row[2] == "model"])
    return [_seen_from_here(row, bars) for row in rows]


def _seen_from_here(row: tuple, bars: dict[Pair, list[Bar]]) -> Link:
    one, other, rule, confidence, weight, status, linked_at, is_first_ours, one_key, key = row
    ours, theirs = (one, other) if is_first_ours else (other, one)
    other_key = key if is_first_ours else one_key
    found = bars.get((one, other), []) if rule == "model" else []
    return Link(ours, theirs, rule, confidence, weight, status, linked_at, other_key, tuple(found))


def _belongings(
    rows: list[tuple], links: list[Link], values: dict[str, dict[str, str]]
) -> tuple[Belonging, ...]:
    used = [link for link in links if link.status == "used"]
    of_pair = {(frozenset((x.record_id, x.other_id)), x.rule): x for x in used}
    paths: dict[str, tuple[str, ...]] = {}
    belongings = []
    for record_id, parent, depth, rule, confidence, weight, linked_at in rows:
        paths[record_id] = (*paths.get(parent, ()), record_id)
        link, further = None, []
        if parent is not None:
            found = of_pair.get((frozenset((record_id, parent)), rule))
            bars = found.bars if found else ()
            link = Link(record_id, parent, rule, confidence, weight, "used", linked_at, None, bars)
            further = [
                _from(record_id, x)
                for x in used
                if record_id in (x.record_id, x.other_id) and x is not found
            ]
        belongings.append(
            Belonging(
                record_id,
                depth,
                link,
                paths[record_id],
                tuple(further),
                values.get(record_id, {}),
            )
        )
    return tuple(belongings)


def _from(record_id: str, link: Link) -> Link:
    """The link as seen from this one of its two records."""
    if link.record_id == record_id:
        return link
    return Link(
        record_id,
        link.record_id,
        link.rule,
        link.confidence,
        link.match_weight,
        link.status,
        link.linked_at,
        link.other_key,
        link.bars,
    )


def _values(evidence: Evidence, record_ids: list[str]) -> dict[str, dict[str, str]]:
    return {row["record_id"]: said(row) for row in evidence.records(record_ids).to_pylist()}


def _history(evidence: Evidence, key: int, record_ids: list[str]) -> tuple[Change, ...]:
    rows = evidence.connection.execute(
        "select changed_at, record_id, previous_customer_key, customer_key, change from change "
        "where record_id in (select unnest(?)) or previous_customer_key = ? or customer_key = ? "
        "order by changed_at, record_id",
        [record_ids, key, key],
    ).fetchall()
    return tuple(Change(*row) for row in rows)


def _strength(link: Link) -> float:
    """A common measure: probability that the two are one person, as stated by rule or model."""
    return link.confidence if link.match_weight is None else probability(link.match_weight)

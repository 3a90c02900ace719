"""The review queue: cases that a data steward should decide, the most doubtful first.

Belongs here: cases in their order, with what speaks for each. Doesn't belong here: where doubt
comes from (see `resolve`), the page (see `pages`), and the decision (see `decisions`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from orchestration.identity.evidence import OF_RECORDS, Evidence, said
from orchestration.identity.waterfall import Bar, waterfalls


@dataclass(frozen=True)
class Side:
    """One of the two records of a case, its customer, and what they say, if that was asked for.

    `values` are the record's own, `of_customer` what else the customer's other records say: a
    link may be cut for what stands in none of the two records.
    """

    record_id: str
    customer_key: int | None
    customer_records: int
    values: dict[str, str]
    of_customer: dict[str, list[str]]


@dataclass(frozen=True)
class Case:
    """Two records of which neither rules nor model are sure, or whose link was cut.

    `further_pairs` counts other doubtful pairs between the same two customers: one decision
    settles them, too, when it makes the two customers one.
    """

    reason: str
    detail: str
    one: Side
    other: Side
    rule: str
    match_weight: float | None
    further_pairs: int
    bars: tuple[Bar, ...]


_QUEUE = """
    with sized as (
        select customer_key, count(*) as records from cluster group by customer_key
    ),
    placed as (
        select review.reason, review.detail, review.record_id, review.linked_record_id,
            review.match_weight, one.customer_key as one_key, other.customer_key as other_key,
        from review
        left join cluster as one on review.record_id = one.record_id
        left join cluster as other on review.linked_record_id = other.record_id
    ),
    cases as (
        select *,
            count(*) over pair - 1 as further_pairs,
            row_number() over (
                pair order by match_weight desc nulls first, record_id, linked_record_id
            ) as place,
        from placed
        window pair as (
            partition by reason,
                coalesce(least(one_key, other_key)::varchar, record_id),
                coalesce(greatest(one_key, other_key)::varchar, linked_record_id)
        )
    )
    select reason, detail, record_id, linked_record_id, one_key, coalesce(one.records, 0),
        other_key, coalesce(other.records, 0), match_weight, further_pairs,
        (select any_value(rule) from link
            where link.record_id = cases.record_id
                and link.linked_record_id = cases.linked_record_id
                and link.status = cases.reason),
        count(*) over () as all_cases,
    from cases
    left join sized as one on cases.one_key = one.customer_key
    left join sized as other on cases.other_key = other.customer_key
    where place = 1
    order by
        -- A mistake in the list first, then what contradicts itself, then what is least sure.
        case reason when 'unknown_record_in_decision' then 0 when 'grey_zone' then 2 else 1 end,
        abs(match_weight) nulls first, record_id, linked_record_id
    limit ?
"""


def queue(
    evidence: Evidence, top: int = 100, *, show_values: bool = False
) -> tuple[list[Case], int]:
    """The `top` most doubtful cases, and how many there are.

    Raises:
        IdentityError: values are asked for and the records cannot be read.
    """
    if show_values:
        evidence.need_records()
    rows = evidence.connection.execute(_QUEUE, [top]).fetchall()
    bars = waterfalls(evidence, [(row[2], row[3]) for row in rows if row[10] == "model"])
    says = _Says(evidence, [key for row in rows for key in (row[4], row[6])] if show_values else [])
    cases = [
        Case(
            reason=row[0],
            detail=row[1],
            one=Side(row[2], row[4], row[5], *says.of(row[2], row[4])),
            other=Side(row[3], row[6], row[7], *says.of(row[3], row[6])),
            rule=row[10] or "",
            match_weight=row[8],
            further_pairs=row[9],
            bars=tuple(bars.get((row[2], row[3]), ())),
        )
        for row in rows
    ]
    return cases, rows[0][11] if rows else 0


class _Says:
    """What records say, and the other records of their customers."""

    def __init__(self, evidence: Evidence, keys: list[int | None]) -> None:
        self.members: dict[int | None, list[str]] = defaultdict(list)
        found = evidence.connection.execute(
            "select customer_key, record_id from cluster "
            "where customer_key in (select unnest(?::bigint[])) order by record_id",
            [keys],
        ).fetchall()
        for key, record_id in found:
            self.members[key].append(record_id)
        records = evidence.records(row[1] for row in found).to_pylist() if found else []
        self.values = {row["record_id"]: said(row) for row in records}

    def of(self, record_id: str, key: int | None) -> tuple[dict[str, str], dict[str, list[str]]]:
        """Values of the record, and further ones of its customer by field."""
        own = self.values.get(record_id, {})
        further: dict[str, list[str]] = defaultdict(list)
        for member in self.members[key]:
            for name, value in self.values.get(member, {}).items():
                known = [*further[name], own.get(name, "")]
                if name not in OF_RECORDS and value.casefold() not in map(str.casefold, known):
                    further[name].append(value)
        return own, {name: values for name, values in further.items() if values}

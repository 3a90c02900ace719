"""What is said of links and customers, in words: for a terminal, and for the pages.

Belongs here: what a rule, a status or a strength is called. Doesn't belong here: gathering what
there is to say (see `explain`), or HTML (see `pages`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orchestration.identity.explain import Belonging, Change, Explanation, Link
from orchestration.identity.pairs import Comparison
from orchestration.identity.waterfall import Bar, probability

RULES = {
    "own_record": "the oldest record of its customer",
    "must_link": "a data steward decided that they are one person",
    "same_name_and_birth_date": "same name, birth date and town",
    "model": "the model finds them alike",
}
"""What rules say, beside the shared identifiers."""

STATUSES = {
    "grey_zone": "not sure enough to link",
    "contradiction": "link cut: the birth dates disagree",
    "too_large": "link cut: the customer would have too many records",
    "unsupported": "link cut: hardly any other pair of the two groups agrees",
    "too_diverse": "link cut: the customer would have too many addresses or phones",
    "cannot_link": "link cut: a data steward decided that they are two people",
}
"""What became of a link that ties nobody together."""


def rule_text(rule: str) -> str:
    """What a rule says, for people."""
    return RULES.get(rule) or rule.replace("_", " ").replace("same email", "same e-mail address")


def strength_text(link: Link) -> str:
    """How strong a link is, in the measure that its rule has."""
    if link.match_weight is None:
        return f"confidence {link.confidence:.2f}"
    sure = probability(link.match_weight)
    return f"weight {link.match_weight:+.1f}, probability {sure:.3f}"


def as_text(explanation: Explanation) -> str:
    """The explanation for a terminal."""
    records = explanation.records
    lines = [*explanation.notes, f"Customer {explanation.customer_key}: {_count(records)}"]
    if explanation.weakest:
        weakest = explanation.weakest
        lines[-1] += (
            f"; weakest link: {rule_text(weakest.rule)} ({strength_text(weakest)}) "
            f"between {weakest.record_id} and {weakest.other_id}"
        )
    for record in records:
        lines += ["", *_record_lines(record, is_asked=record.record_id == explanation.asked)]
    sections = (("Links cut", explanation.cut), ("Doubtful neighbours", explanation.doubtful))
    for title, links in sections:
        if links:
            lines += ["", f"{title}:"]
            lines += [line for link in links for line in _outside_lines(link)]
    if explanation.history:
        lines += ["", "History:"]
        lines += [f"  {change_text(change)}" for change in explanation.history]
    return "\n".join(lines)


def comparison_text(found: Comparison) -> str:
    """Why two records are one customer, or not, for a terminal."""
    lines = [verdict(found)]
    for record_id, path in ((found.one_id, found.one_path), (found.other_id, found.other_path)):
        lines.append(f"  {record_id}: {' > '.join(path)}")
    if found.links:
        lines += ["", "Links between them:"]
    for link in found.links:
        status = STATUSES.get(link.status, link.status)
        lines.append(
            f"  {link.record_id} and {link.other_id}: {rule_text(link.rule)} "
            f"({strength_text(link)}): {status}"
        )
    if found.bars:
        sure = probability(found.bars[-1].weight)
        lines += ["", f"What the model makes of the two (probability {sure:.3f}):"]
        lines += _bar_lines(found.bars)
    return "\n".join([*lines, found.note] if found.note else lines)


def verdict(found: Comparison) -> str:
    """Whether two records are one customer, in a line."""
    if found.one_key == found.other_key:
        return f"{found.one_id} and {found.other_id} are customer {found.one_key}."
    why = "" if found.links else ": no rule and no weight ties them"
    return (
        f"{found.one_id} is customer {found.one_key}, {found.other_id} is customer "
        f"{found.other_key}{why}."
    )


def change_text(change: Change) -> str:
    """One move of a record, for people."""
    how = "merged into" if change.change == "merged" else "split off to"
    return (
        f"{change.changed_at:%Y-%m-%d %H:%M} {change.record_id}: "
        f"customer {change.previous_key} {how} {change.customer_key}"
    )


def _count(records: Sequence[Belonging]) -> str:
    return "1 record" if len(records) == 1 else f"{len(records)} records"


def _record_lines(record: Belonging, *, is_asked: bool) -> list[str]:
    mark = "* " if is_asked else "  "
    lines = [f"{mark}{record.record_id}"]
    if record.values:
        lines.append("      " + ", ".join(f"{k}: {v}" for k, v in record.values.items()))
    if record.link is None:
        return [*lines, f"      {RULES['own_record']}"]
    link = record.link
    since = f", since {link.linked_at:%Y-%m-%d}" if link.linked_at else ""
    lines.append(f"      {rule_text(link.rule)} ({strength_text(link)}{since})")
    lines += _bar_lines(link.bars)
    lines.append(f"      path: {' > '.join(record.path)}")
    for further in record.further:
        lines.append(
            f"      also {rule_text(further.rule)} ({strength_text(further)}) "
            f"with {further.other_id}"
        )
    return lines


def _outside_lines(link: Link) -> list[str]:
    reason = STATUSES.get(link.status, link.status)
    where = f" of customer {link.other_key}" if link.other_key is not None else ""
    return [
        f"  {link.record_id} and {link.other_id}{where}: {reason}; "
        f"{rule_text(link.rule)} ({strength_text(link)})",
        *_bar_lines(link.bars),
    ]


def _bar_lines(bars: Iterable[Bar]) -> list[str]:
    return [
        f"        {bar.weight:+7.2f}  {bar.name}" + (f": {bar.level}" if bar.level else "")
        for bar in bars
    ]

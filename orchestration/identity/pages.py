"""Pages for people who judge customers: an explanation, and the review queue.

Belongs here: HTML that stands alone in one file, works without a network and sends nothing
anywhere (its content policy forbids it). Doesn't belong here: what is said (see `explain`,
`review`, `wording`). The charts are Splink's, drawn by the Vega that comes with it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from orchestration.identity.decisions import today
from orchestration.identity.evidence import OF_RECORDS
from orchestration.identity.explain import Belonging, Explanation, Link
from orchestration.identity.review import Case, Side
from orchestration.identity.waterfall import Bar, chart_records, chart_spec, probability
from orchestration.identity.wording import (
    RULES,
    STATUSES,
    change_text,
    rule_text,
    strength_text,
)

_HERE = Path(__file__).parent
_MOST_VALUES = 4
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:"
)


@dataclass
class _Charts:
    """Charts of a page: one specification, and the rows of each."""

    rows: list[list[dict[str, Any]]] = field(default_factory=list)

    def place(self, bars: Sequence[Bar]) -> str:
        """A place for the chart of these bars, and the same as a table."""
        if not bars:
            return ""
        self.rows.append(chart_records(bars))
        lines = "".join(
            f"<tr><td>{escape(bar.name)}</td><td>{escape(bar.level or '')}</td>"
            f"<td class='number {_side(bar.weight)}'>{bar.weight:+.2f}</td></tr>"
            for bar in bars
        )
        return (
            f"<div class='chart' data-chart='{len(self.rows) - 1}'></div>"
            "<details><summary>The same as a table</summary><table>"
            f"<tr><th>part</th><th>agreement</th><th>weight</th></tr>{lines}</table></details>"
        )


def explanation_page(explanation: Explanation) -> str:
    """One HTML file that says why each record belongs to a customer."""
    charts = _Charts()
    records = len(explanation.records)
    weakest = explanation.weakest
    parts = [
        f"<h1>Customer {explanation.customer_key}</h1>",
        *[f"<p>{escape(note)}</p>" for note in explanation.notes],
        f"<p class='soft'>{records} record{'' if records == 1 else 's'}. Each hangs on another by "
        "its strongest link, down to the oldest.</p>",
    ]
    if weakest:
        parts.append(
            f"<p>Weakest link: {escape(rule_text(weakest.rule))} "
            f"({escape(strength_text(weakest))}) between {_id(weakest.record_id)} and "
            f"{_id(weakest.other_id)}.</p>"
        )
    parts.append(f"<ul class='tree'>{_tree(explanation, charts)}</ul>")
    sections = (("Links cut", explanation.cut), ("Doubtful neighbours", explanation.doubtful))
    for title, links in sections:
        if links:
            parts.append(f"<h2>{title}</h2>")
            parts += [_outside(link, charts) for link in links]
    if explanation.history:
        lines = "".join(f"<li>{escape(change_text(x))}</li>" for x in explanation.history)
        parts.append(f"<h2>History</h2><ul>{lines}</ul>")
    return _page(f"Customer {explanation.customer_key}", "".join(parts), charts)


def review_page(cases: Sequence[Case], total: int, company: str, into: str) -> str:
    """One HTML file with the review queue, where a steward picks decisions and copies them.

    `company` is what the lines name (none: all companies), `into` the file that they belong in.
    """
    charts = _Charts()
    shown = "all" if len(cases) == total else f"the {len(cases)} most doubtful of"
    articles = [_case(number, case, company, charts) for number, case in enumerate(cases, start=1)]
    basket = f"""
        <section id="basket" data-today="{today()}">
          <div class="row">
            <label>Decided by <input id="decided-by" placeholder="your name"></label>
            <button id="copy">Copy lines</button><span id="tally" role="status"></span>
            <span class="soft">Paste below the last line of <code>{escape(into)}</code>.</span>
          </div>
          <textarea id="lines" readonly aria-label="Lines of the list"></textarea>
        </section>"""
    of_company = f"Company {escape(company)}: " if company else ""
    heading = (
        f"<h1>Who is who: cases for review</h1><p class='soft'>{of_company}{shown} {total} "
        f"case{'' if total == 1 else 's'}, least sure first. A match weight of 0 is as likely "
        "one person as two; each step up doubles the odds.</p>"
    )
    if not cases:
        return _page("Review", heading + "<p>Nothing to decide.</p>", charts)
    return _page("Review", heading + "".join(articles) + basket, charts)


def _case(number: int, case: Case, company: str, charts: _Charts) -> str:
    weight = case.match_weight
    sure = (
        "" if weight is None else f" · weight {weight:+.2f}, probability {probability(weight):.2f}"
    )
    rule = f" · {escape(rule_text(case.rule))}" if case.rule not in ("", "model") else ""
    further = ""
    if case.further_pairs:
        more = "One more pair" if case.further_pairs == 1 else f"{case.further_pairs} more pairs"
        further = f"<p class='soft'>In doubt as well: {more.lower()} of these two customers.</p>"
    named = "".join(
        f' data-{name}="{escape(value)}"'
        for name, value in (
            ("company", company),
            ("one", case.one.record_id or ""),
            ("other", case.other.record_id or ""),
        )
    )
    choice = """
        <div class="choice">
          <button data-choice="must_link" aria-pressed="false">One person</button>
          <button data-choice="cannot_link" aria-pressed="false">Two people</button>
          <input class="why" placeholder="because …" aria-label="Reason">
        </div>"""
    if case.reason == "unknown_record_in_decision":
        choice = ""
    return (
        f"<article{named}><h3>{number}. {escape(case.detail or case.reason)}</h3>"
        f"<p class='soft'>{escape(case.reason)}{rule}{sure}</p>{_sides(case.one, case.other)}"
        f"{further}{charts.place(case.bars)}{choice}</article>"
    )


def _sides(one: Side, other: Side) -> str:
    """Both records side by side; what differs is marked."""

    def customer(side: Side) -> str:
        if side.customer_key is None:
            return "no such record"
        many = "" if side.customer_records == 1 else "s"
        return f"{side.customer_key} ({side.customer_records} record{many})"

    names = dict.fromkeys([*one.values, *one.of_customer, *other.values, *other.of_customer])
    values = "".join(
        f"<tr{_differs(name, one, other)}><td>{escape(name)}</td>"
        f"<td>{_said(name, one)}</td><td>{_said(name, other)}</td></tr>"
        for name in names
    )
    return (
        f"<table><tr><th></th><th>{_id(one.record_id)}</th><th>{_id(other.record_id)}</th></tr>"
        f"<tr><td>customer</td><td>{customer(one)}</td><td>{customer(other)}</td></tr>"
        f"{values}</table>"
    )


def _said(name: str, side: Side) -> str:
    """The record's own value, and further ones of its customer."""
    further = side.of_customer.get(name, [])
    shown = ", ".join(escape(value) for value in further[:_MOST_VALUES])
    more = f" and {len(further) - _MOST_VALUES} more" if len(further) > _MOST_VALUES else ""
    soft = f" <span class='soft'>(customer also: {shown}{more})</span>" if further else ""
    return escape(side.values.get(name, "")) + soft


def _differs(name: str, one: Side, other: Side) -> str:
    """Marks a line in which the two customers have no value in common."""
    sides = [
        {x.casefold() for x in (side.values.get(name), *side.of_customer.get(name, [])) if x}
        for side in (one, other)
    ]
    differs = all(sides) and not sides[0] & sides[1] and name not in OF_RECORDS
    return " class='differs'" if differs else ""


def _tree(explanation: Explanation, charts: _Charts) -> str:
    """The records as a tree of nested lists, oldest at the top."""
    children: dict[str | None, list[Belonging]] = defaultdict(list)
    for record in explanation.records:
        children[record.link.other_id if record.link else None].append(record)
    parts: list[str] = []
    waiting: list[Belonging | str] = list(reversed(children[None]))
    while waiting:
        place = waiting.pop()
        if isinstance(place, str):
            parts.append(place)
            continue
        parts.append(f"<li>{_record(place, explanation.asked, charts)}<ul>")
        waiting.append("</ul></li>")
        waiting.extend(reversed(children[place.record_id]))
    return "".join(parts).replace("<ul></ul>", "")


def _record(record: Belonging, asked: str | None, charts: _Charts) -> str:
    marked = " asked" if record.record_id == asked else ""
    lines = "".join(
        f"<span><b>{escape(name)}</b> {escape(value)}</span>"
        for name, value in record.values.items()
    )
    values = f"<p class='values'>{lines}</p>" if lines else ""
    if record.link is None:
        badge = f"<span class='badge oldest'>{RULES['own_record']}</span>"
        return f"<div class='record{marked}'>{_id(record.record_id)} {badge}{values}</div>"
    link = record.link
    since = f" since {link.linked_at:%Y-%m-%d}" if link.linked_at else ""
    weighed = charts.place(link.bars)
    why = f"<details><summary>How the weight adds up</summary>{weighed}</details>"
    further = "".join(
        f"<li>also {escape(rule_text(x.rule))} ({escape(strength_text(x))}) with "
        f"{_id(x.other_id)}</li>"
        for x in record.further
    )
    return (
        f"<div class='record{marked}'>{_id(record.record_id)} "
        f"<span class='badge'>{escape(rule_text(link.rule))} · {escape(strength_text(link))}"
        f"{since}</span>{values}{why if weighed else ''}"
        f"<p class='soft'>Path: {_path(record.path)}</p>"
        f"{f'<ul>{further}</ul>' if further else ''}</div>"
    )


def _outside(link: Link, charts: _Charts) -> str:
    where = "" if link.other_key is None else f" of customer {link.other_key}"
    return (
        f"<article><h3>{escape(STATUSES.get(link.status, link.status))}</h3>"
        f"<p>{_id(link.record_id)} and {_id(link.other_id)}{where}: "
        f"{escape(rule_text(link.rule))} ({escape(strength_text(link))})</p>"
        f"{charts.place(link.bars)}</article>"
    )


def _path(path: Iterable[str]) -> str:
    return " &gt; ".join(_id(record_id) for record_id in path)


def _id(record_id: str | None) -> str:
    return f"<span class='id'>{escape(record_id or '')}</span>"


def _side(weight: float) -> str:
    return "for" if weight > 0 else "against"


def _page(title: str, body: str, charts: _Charts) -> str:
    from splink.internals.html_utils import load_chart_libraries

    libraries = load_chart_libraries() if charts.rows else {}
    scripts = [
        *libraries.values(),
        (_HERE / "pages.js").read_text(encoding="utf-8"),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title>"
        f"<style>{(_HERE / 'pages.css').read_text(encoding='utf-8')}</style></head>"
        f"<body>{body}"
        f"{_data('chart-spec', chart_spec())}{_data('charts', charts.rows)}"
        f"{''.join(f'<script>{_inert(script)}</script>' for script in scripts)}</body></html>"
    )


def _data(name: str, value: object) -> str:
    text = json.dumps(value, default=str).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'


def _inert(script: str) -> str:
    """The script, unable to end its own element: in JavaScript `<\\/` says the same as `</`."""
    return script.replace("</script", "<\\/script")

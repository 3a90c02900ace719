"""The report of a run: one HTML file that needs nothing else, neither network nor server.

Great Expectations' own Data Docs load style sheets, fonts and scripts from the web and look
broken without it; so the report is written from the results: what was checked, what failed
and how many rows, and how the same checks did in the last runs.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from data_quality.checks import CheckResult, Run
from data_quality.engine import QUERY
from data_quality.results import read_results
from orchestration.lib.settings import Settings

LAST_RUNS = 20
GATES = {"arrival": "Gate 1: what arrives", "marts": "Gate 2: what is published"}
_STYLE = Path(__file__).resolve().with_suffix(".css")
Runs = dict[Run, list[CheckResult]]


class NoResultsError(LookupError):
    """There is nothing to report on; the message says how to get results."""


def docs_path(settings: Settings) -> Path:
    """Where the report of the last run lies."""
    return settings.station("quality") / "docs" / "index.html"


def write_report(settings: Settings, run_id: str | None = None) -> Path:
    """Write the report of a run (default: the last one); replaced whole and atomically."""
    runs = _by_run(read_results(settings, LAST_RUNS))
    run = next((r for r in reversed(runs) if run_id in (None, r.run_id)), None)
    if run is None:
        raise NoResultsError(
            f"No results of run {run_id!r} among the last {LAST_RUNS}; run a gate first."
        )
    path = docs_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}.tmp")
    beside.write_text(render(settings.company_name, run, runs), encoding="utf-8")
    os.replace(beside, path)
    return path


def render(company: str, run: Run, runs: Runs) -> str:
    """The report as HTML; every text that comes from data is escaped."""
    results = runs[run]
    style = _STYLE.read_text(encoding="utf-8")
    title = f"Data quality of {escape(company)}"
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title><style>{style}</style></head><body><main>",
            f"<h1>{title}</h1>",
            f"<p class=sub>Run {escape(run.run_id)}, {run.run_at:%Y-%m-%d %H:%M} UTC</p>",
            _verdict(results),
            _failures(results),
            *(_gate(gate, results, runs) for gate in GATES),
            _history(run, runs),
            "</main></body></html>\n",
        ]
    )


def _by_run(results: Iterable[CheckResult]) -> Runs:
    runs: Runs = defaultdict(list)
    started: dict[str, Run] = {}
    for result in results:
        run = started.setdefault(result.run_id, Run(result.run_id, result.run_at))
        runs[run].append(result)
    return dict(runs)


def _status(result: CheckResult) -> str:
    return "ok" if result.success else result.severity


def _verdict(results: Sequence[CheckResult]) -> str:
    counts = Counter(_status(result) for result in results)
    stopped = counts["critical"] > 0
    said = (
        f"Stopped: {_some(counts['critical'], 'critical check')} failed; "
        "what comes after was held back."
        if stopped
        else "Passed: no critical check failed."
    )
    rows = sum(r.rows_failed for r in results if not r.success)
    tiles = (
        ("checks", len(results), ""),
        ("passed", counts["ok"], "ok"),
        ("warnings", counts["warning"], "warning" if counts["warning"] else ""),
        ("critical", counts["critical"], "critical" if stopped else ""),
        ("failing rows", rows, ""),
    )
    cells = "".join(
        f'<div class="tile {kind}"><b>{number:,}</b><span>{name}</span></div>'
        for name, number, kind in tiles
    )
    kind = "critical" if stopped else "ok"
    return f'<p class="verdict {kind}">{said}</p><div class=tiles>{cells}</div>'


def _failures(results: Sequence[CheckResult]) -> str:
    failed = [r for r in results if not r.success]
    if not failed:
        return "<h2>Failures</h2><p>None.</p>"
    order = {"critical": 0, "warning": 1}
    failed.sort(key=lambda r: (order[r.severity], -r.rows_failed, r.asset, r.check_name))
    rows = "".join(
        f"<tr><td>{_badge(r)}</td><td>{escape(r.asset)}</td>"
        f"<td><b>{escape(r.check_name)}</b><br>{escape(r.description)}</td>"
        f"<td class=n>{r.rows_failed:,}</td><td class=n>{_share(r)}</td>"
        f"<td class=seen>{escape(r.observed_value)}</td></tr>"
        for r in failed
    )
    head = _head("", "Asset", "Check", "Failed rows#", "Share#", "Observed")
    return f"<h2>Failures</h2><table>{head}{rows}</table>"


def _gate(gate: str, results: Sequence[CheckResult], runs: Runs) -> str:
    assets: dict[str, list[CheckResult]] = defaultdict(list)
    for result in results:
        if result.gate == gate:
            assets[result.asset].append(result)
    if not assets:
        return f"<h2>{GATES[gate]}</h2><p>Nothing was checked in this run.</p>"
    past = _past(gate, runs)
    listed = "".join(_asset(asset, checks, past) for asset, checks in sorted(assets.items()))
    return f"<h2>{GATES[gate]}</h2>{listed}"


def _asset(asset: str, checks: Sequence[CheckResult], past: dict[tuple[str, str], str]) -> str:
    failed = [check for check in checks if not check.success]
    worst = "critical" if any(c.severity == "critical" for c in failed) else "warning"
    summary = f"{len(checks) - len(failed)} of {len(checks)} checks passed"
    rows = "".join(
        f"<tr><td>{_badge(c)}</td><td><b>{escape(c.check_name)}</b><br>{escape(c.description)}"
        f"<br><code>{escape(c.expectation_type)}</code></td>"
        f"<td class=n>{c.rows_evaluated:,}</td><td class=n>{c.rows_failed:,}</td>"
        f"<td class=seen>{escape(c.observed_value)}</td>"
        f"<td class=past>{past[(asset, c.check_name)]}</td></tr>"
        for c in checks
    )
    head = _head("", "Check", "Rows#", "Failed#", "Observed", "Last runs")
    return (
        f"<details{' open' if failed and worst == 'critical' else ''}>"
        f'<summary><span class="dot {worst if failed else "ok"}"></span>{escape(asset)}'
        f"<em>{summary}</em></summary><table>{head}{rows}</table></details>"
    )


def _past(gate: str, runs: Runs) -> dict[tuple[str, str], str]:
    """Per check, a dot for each of the last runs that it was part of, the oldest first."""
    dots: dict[tuple[str, str], str] = defaultdict(str)
    for run, results in runs.items():
        for r in results:
            if r.gate == gate:
                said = f"{run.run_at:%Y-%m-%d %H:%M}: {_status(r)}, {r.rows_failed:,} rows failed"
                dots[(r.asset, r.check_name)] += (
                    f'<span class="dot {_status(r)}" title="{escape(said)}"></span>'
                )
    return dots


def _history(current: Run, runs: Runs) -> str:
    rows = "".join(
        f"<tr{' class=now' if run == current else ''}><td>{run.run_at:%Y-%m-%d %H:%M}</td>"
        f"<td>{escape(run.run_id)}</td>"
        + "".join(f"<td>{_bar([r for r in results if r.gate == gate])}</td>" for gate in GATES)
        + f"<td class=n>{sum(r.is_critical_failure for r in results):,}</td></tr>"
        for run, results in reversed(runs.items())
    )
    head = _head("Time (UTC)", "Run", *GATES.values(), "Critical failures#")
    return f"<h2>Last runs</h2><table>{head}{rows}</table>"


def _bar(results: Sequence[CheckResult]) -> str:
    if not results:
        return "<span class=sub>not run</span>"
    counts = Counter(_status(result) for result in results)
    parts = "".join(
        f'<i class={kind} style="flex:{counts[kind]}"></i>'
        for kind in ("ok", "warning", "critical")
        if counts[kind]
    )
    return f"<div class=bar>{parts}</div>{counts['ok']:,} of {len(results):,} passed"


def _badge(result: CheckResult) -> str:
    text = {"ok": "passed", "warning": "warning", "critical": "critical"}[_status(result)]
    return f'<span class="badge {_status(result)}">{text}</span>'


def _share(result: CheckResult) -> str:
    """Share of the rows that failed; nothing where a batch or a table failed as a whole."""
    if result.expectation_type == QUERY or result.rows_evaluated <= 1:
        return ""
    return f"{100 * result.rows_failed / result.rows_evaluated:.2f} %"


def _head(*names: str) -> str:
    """Table head; a name that ends in # is a column of numbers."""
    cells = "".join(
        f"<th class=n>{escape(n[:-1])}</th>" if n.endswith("#") else f"<th>{escape(n)}</th>"
        for n in names
    )
    return f"<tr>{cells}</tr>"


def _some(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

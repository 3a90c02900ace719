"""Mapping: which of a file's columns, or what else, fills each column of the layout.

Belongs here: finding headers, and what is missing or unknown in a file.
Doesn't belong here: types and rules (see `arriving`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from orchestration.lib.feeds import Feed, headers_of
from orchestration.lib.layouts import Column, Layout
from orchestration.lib.readers import Readable, identifiers
from orchestration.lib.refusals import FileRefused
from orchestration.lib.reports import Finding

PERHAPS = ("ABSENT", "MAYBE")
LINEAGE = {"_file", "_period"}


@dataclass(frozen=True)
class Origin:
    """Where a layout column comes from; `what` is a header, an SQL expression or a constant."""

    column: str
    kind: Literal["header", "value", "constant", "none"]
    what: str = ""


def wanted_headers(feed: Feed, layout: Layout) -> set[str]:
    """Every header that the feed could ask of a file."""
    wanted: set[str] = set()
    for name, column in layout.columns.items():
        if name in feed.values:
            wanted |= identifiers(feed.values[name])
        elif name not in feed.constants:
            wanted |= set(_candidates(feed, name, column))
    if feed.where:
        wanted |= identifiers(feed.where)
    return wanted - LINEAGE


def map_columns(file: Readable, name: str, feed: Feed, layout: Layout) -> tuple[Origin, ...]:
    """Origin of each layout column; raises FileRefused where a required one has none."""
    origins = [_origin(file, feed, column, body) for column, body in layout.columns.items()]
    missing = [o.column for o in origins if o.kind == "none" and layout.columns[o.column].required]
    if missing:
        sought = "; ".join(
            f"{column} (as {' or '.join(map(repr, candidates))})"
            for column in missing
            if (candidates := _candidates(feed, column, layout.columns[column]))
        )
        raise FileRefused(
            "missing_column",
            f"{name}: lacks {sought}. The file has {_listed(_offered(file))}. Name the header "
            f"under `columns` of feed {feed.name}, or ask the sender.",
        )
    return tuple(origins)


def drift(
    file: Readable, name: str, feed: Feed, layout: Layout, origins: tuple[Origin, ...]
) -> list[Finding]:
    """Columns that the file has and the feed does not know, and optional ones that it lacks."""
    used = {o.what.casefold() for o in origins if o.kind == "header"}
    for expression in (*feed.values.values(), feed.where or ""):
        used |= {found.casefold() for found in identifiers(expression)}
    used |= {header.casefold() for header in feed.ignore_columns}
    extra = [h for h in _offered(file) if h.casefold() not in used]
    lost = [
        f"{o.column} ({' or '.join(headers_of(feed, o.column))})"
        for o in origins
        if o.kind == "none" and headers_of(feed, o.column)
    ]
    findings = []
    if extra and "*" not in feed.ignore_columns:
        text = f"columns that the feed does not know are left out: {_listed(extra)}"
        findings.append(Finding(name, "columns_extra", text))
    if lost:
        findings.append(
            Finding(name, "columns_missing", f"optional columns are empty: {_listed(lost)}")
        )
    return findings


def _offered(file: Readable) -> list[str]:
    return [name for name, kind in file.offered.items() if kind not in PERHAPS]


def _candidates(feed: Feed, name: str, column: Column) -> tuple[str, ...]:
    return headers_of(feed, name) or (name, *column.aliases)


def _origin(file: Readable, feed: Feed, name: str, column: Column) -> Origin:
    if name in feed.values:
        return Origin(name, "value", feed.values[name])
    if name in feed.constants:
        return Origin(name, "constant", str(feed.constants[name]))
    kinds = file.offered
    exact = {header: header for header in kinds}
    folded = {header.strip().casefold(): header for header in kinds}
    found = []
    for candidate in _candidates(feed, name, column):
        header = exact.get(candidate) or folded.get(candidate.strip().casefold())
        if header is not None and kinds[header] != "ABSENT":
            found.append(header)
    found.sort(key=lambda header: kinds[header] == "MAYBE")
    return Origin(name, "header", found[0]) if found else Origin(name, "none")


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:40])
    return f"{shown} and {len(names) - 40} more" if len(names) > 40 else shown or "none"

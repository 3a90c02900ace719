"""A line for tests of ingestion: one feed, its inbox, and what came out at the other end."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.companies import Company
from orchestration.lib.feeds import FEED_TYPE, Feed, parse_feed
from orchestration.lib.ingest import Judge, ingest_feed, replay
from orchestration.lib.layouts import Layout
from orchestration.lib.reports import IngestReport
from orchestration.lib.settings import Settings

SALE: dict[str, Any] = {
    "key": ["sale_id"],
    "version": "_received_at",
    "business_date": "sold_on",
    "columns": {
        "sale_id": {"type": "bigint", "required": True, "description": "Sale"},
        "sold_on": {"type": "date", "required": True, "description": "Day"},
        "amount": {"type": "double", "description": "Amount"},
        "note": {"type": "varchar", "description": "Note", "aliases": ["remark"]},
    },
    "rules": [
        {
            "name": "amount_positive",
            "description": "An amount is above zero",
            "passes": "amount > 0",
        },
        {
            "name": "amount_small",
            "description": "An amount is below 1000",
            "passes": "amount < 1000",
            "severity": "warn",
        },
    ],
}


def layout_of(**changes: Any) -> Layout:
    """The layout of sales with changes."""
    body = {"source": "till", "table": "sale", "family": "channel", "grain": "sale"}
    return Layout(description="Sales", **{**body, **SALE, **changes})


class Line:
    """A company with one feed in a folder of the test's own."""

    def __init__(self, settings: Settings, layout: Layout | None = None, **attributes: Any) -> None:
        self.settings = settings
        self.layout = layout or layout_of()
        self.inbox = settings.data_dir / "inbox"
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.company = Company(
            name="tester",
            title="Tester",
            currency="EUR",
            time_zone=attributes.pop("company_zone", "UTC"),
            start_date=date(2025, 1, 1),
            inbox=str(self.inbox),
        )
        self.attributes = {"source": "till", "table": "sale", "files": "*", **attributes}
        self._moment = 1_750_000_000

    @property
    def feed(self) -> Feed:
        document = {"type": FEED_TYPE, "attributes": self.attributes}
        return parse_feed(document, Path("till.yaml"), 1, {self.layout.name: self.layout})

    def send(self, name: str, content: bytes | str, later: int = 60) -> Path:
        """Put a file into the inbox, a minute after the one before."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self._moment += later
        os.utime(path, (self._moment, self._moment))
        return path

    def run(self, judge: Judge | None = None, **options: Any) -> IngestReport:
        return ingest_feed(
            self.settings, self.company, self.feed, self.layout, judge=judge, **options
        )

    def replay(self, rule: str | None = None, everything: bool = False) -> IngestReport:
        return replay(
            self.settings, self.company, self.feed, self.layout, rule, everything=everything
        )

    def bronze(self, fields: str = "*") -> list[tuple[Any, ...]]:
        folder = self.settings.station("bronze") / self.layout.source / self.layout.table
        return self._rows(folder, f"select {fields}", "order by _file, _row")

    def quarantine(self, fields: str = "_row, rule") -> list[tuple[Any, ...]]:
        folder = self.settings.station("quarantine") / "till"
        return self._rows(folder, f"select {fields}", "order by _file, _row")

    def _rows(self, folder: Path, select: str, order: str) -> list[tuple[Any, ...]]:
        if not any(folder.rglob("*.parquet")):
            return []
        with duckdb.connect() as connection:
            return connection.execute(
                f"{select} from read_parquet('{folder}/**/*.parquet', union_by_name = true) {order}"
            ).fetchall()


def rule_of(report: IngestReport) -> tuple[str, str]:
    """Rule and message of the only refused file."""
    (refused,) = report.of_status("refused")
    return refused.rule, refused.message

"""What a load reports: plain data for people, Dagster metadata and the gate."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """Something worth a look that does not stop the load."""

    file: str
    kind: str
    message: str
    severity: str = "warning"


@dataclass
class FileReport:
    """What became of one file. status: loaded, refused, duplicate, superseded or pending."""

    file: str
    status: str
    period: str
    load_id: int | None = None
    sha256: str = ""
    size: int = 0
    rows_read: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0
    rows_not_of_feed: int = 0
    by_rule: dict[str, int] = field(default_factory=dict)
    warned: dict[str, int] = field(default_factory=dict)
    totals: dict[str, float] = field(default_factory=dict)
    days: dict[str, int] = field(default_factory=dict)
    rule: str = ""
    message: str = ""


@dataclass
class IngestReport:
    """What a run did for one feed."""

    feed: str
    layout: str
    files: list[FileReport] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    blocked: bool = False
    failed_checks: list[str] = field(default_factory=list)

    def of_status(self, *statuses: str) -> list[FileReport]:
        """Files with one of the statuses."""
        return [file for file in self.files if file.status in statuses]

    @property
    def read(self) -> list[FileReport]:
        """Files whose rows were read in this run, loaded or waiting for the gate."""
        return [file for file in self.files if file.status in ("loaded", "pending")]

    @property
    def files_loaded(self) -> int:
        """Files whose rows stand in bronze now."""
        return len(self.of_status("loaded"))

    @property
    def files_refused(self) -> int:
        """Files that cannot be read."""
        return len(self.of_status("refused"))

    @property
    def files_duplicate(self) -> int:
        """Files with bytes that arrived before."""
        return len(self.of_status("duplicate"))

    @property
    def rows_read(self) -> int:
        """Rows in the files read."""
        return sum(file.rows_read for file in self.read)

    @property
    def rows_loaded(self) -> int:
        """Rows that pass every rule."""
        return sum(file.rows_loaded for file in self.read)

    @property
    def rows_rejected(self) -> int:
        """Rows in quarantine."""
        return sum(file.rows_rejected for file in self.read)

    @property
    def rows_not_of_feed(self) -> int:
        """Rows that the feed is not about."""
        return sum(file.rows_not_of_feed for file in self.read)

    @property
    def by_rule(self) -> dict[str, int]:
        """Rejected rows and refused files by the rules that they break."""
        counts: Counter[str] = Counter()
        for file in self.files:
            counts.update(file.by_rule)
            if file.status == "refused":
                counts[file.rule] += 1
        return dict(counts)

    @property
    def warned(self) -> dict[str, int]:
        """Loaded rows by the rules that they break."""
        counts: Counter[str] = Counter()
        for file in self.read:
            counts.update(file.warned)
        return dict(counts)

    @property
    def totals(self) -> dict[str, float]:
        """Sums of the numeric columns over the rows that pass."""
        sums: dict[str, float] = {}
        for file in self.read:
            for column, value in file.totals.items():
                sums[column] = sums.get(column, 0.0) + value
        return sums

    @property
    def load_ids(self) -> list[int]:
        """Loads of this run."""
        return [file.load_id for file in self.files if file.load_id is not None]

    @property
    def is_empty(self) -> bool:
        """Whether nothing arrived."""
        return not self.files

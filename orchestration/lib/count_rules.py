"""The parts of company.yaml about numbers: how departments count leads, when a source is trusted.

Belongs here: by which rule a department's own figure comes about, where it sends no list, and what
a source may get wrong. Doesn't belong here: the lists that departments send (layout
`report.counted_lead`), and how counts are compared (models).
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from orchestration.lib.company_rules import Part
from orchestration.lib.feeds import check_zone

Measure = Literal["lead", "mql", "sal", "sql", "opportunity", "won"]
Included = Literal["duplicates", "merged", "deleted", "inferred"]
INCLUDED: tuple[Included, ...] = ("duplicates", "merged", "deleted", "inferred")


class DepartmentCount(Part):
    """How a department counts, as its own system shows it, where it sends no lists."""

    department: str
    measures: tuple[Measure, ...] = Field(min_length=1)
    dated_by: Literal["captured", "entered", "left"] = Field(
        default="entered",
        description="By capture, by the first entry into the stage, or by leaving it",
    )
    time_zone: str = Field(
        default="market",
        description="Zone of its months: market (each lead's), company, or a name such as UTC",
    )
    includes: tuple[Included, ...] = Field(
        default=(), description="What it counts although the warehouse does not"
    )
    as_of: Literal["history", "current_status"] = Field(
        default="history",
        description="Leads that ever entered the stage, or those that are in it or beyond today",
    )

    def zone(self, company_zone: str) -> str | None:
        """Name of the zone; None where it is each lead's own. Raises ValueError if unknown."""
        if self.time_zone == "market":
            return None
        return company_zone if self.time_zone == "company" else check_zone(self.time_zone)


class SourceTrust(Part):
    """What a source may get wrong in a month before its numbers are in doubt."""

    max_rejected_pct: float = Field(default=5, ge=0, le=100, description="Rows in quarantine")
    max_duplicate_pct: float = Field(default=2, ge=0, le=100, description="Rows sent twice")
    max_late_pct: float = Field(default=5, ge=0, le=100, description="Rows of earlier days")
    late_after_days: int = Field(
        default=7,
        ge=0,
        description="Rows that lie more days before their file's period are late",
    )
    max_days_behind: int = Field(
        default=14, ge=0, description="Days that its newest row lags behind the newest of all"
    )
    min_complete_pct: float = Field(
        default=60, ge=0, le=100, description="Key fields of leads that are filled in and usable"
    )
    max_unmapped_pct: float = Field(
        default=1, ge=0, le=100, description="Leads in a status that no rule names"
    )


# How dashboards of the trade count, where the company does not say: marketing's by the day of
# capture in UTC and whatever became of the record, sales' by today's status.
USUAL_COUNTS = (
    DepartmentCount(
        department="marketing",
        measures=("lead", "mql", "opportunity", "won"),
        dated_by="captured",
        time_zone="UTC",
        includes=("duplicates", "merged", "deleted"),
    ),
    DepartmentCount(
        department="sales",
        measures=("mql", "sal", "sql", "opportunity", "won"),
        time_zone="company",
        includes=("duplicates", "inferred"),
        as_of="current_status",
    ),
)


def count_rows(counts: tuple[DepartmentCount, ...], company_zone: str) -> list[tuple[Any, ...]]:
    """A row per department and measure: its rule, and for each thing whether it is included."""
    return [
        (
            count.department,
            measure,
            count.dated_by,
            count.zone(company_zone),
            count.as_of,
            *(thing in count.includes for thing in INCLUDED),
        )
        for count in counts
        for measure in count.measures
    ]

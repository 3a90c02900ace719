"""The part of company.yaml about the service-level agreement: who owes whom what, measured how.

Belongs here: what the keys of a commitment may say, and that they hold together. Doesn't belong
here: what a status means (see `agreement_rules`), and the clocks themselves (see `calendars`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from orchestration.lib.agreement_rules import LeadStageName
from orchestration.lib.company_rules import Part

FOREVER = date(9999, 12, 31)

# A lead enters a stage, or one of these happens to a lead or ticket.
SlaEvent = (
    LeadStageName
    | Literal[
        "assigned",
        "first_attempt",
        "first_contact",
        "accepted_or_rejected",
        "feedback",
        "ticket_opened",
        "first_response",
        "first_resolved",
        "resolved",
        "open_pipeline",
    ]
)
SlaMeasure = Literal["time", "volume", "amount", "share", "completeness"]
# What a lead may have to have when it is handed over.
LeadField = Literal[
    "given_name",
    "family_name",
    "email",
    "phone",
    "company_name",
    "title",
    "industry",
    "market",
    "city",
    "lead_source",
    "campaign",
    "score",
]
# Keys that a measure needs, and those that only it may have.
_NEEDS: dict[str, tuple[str, ...]] = {
    "time": ("start_event", "end_event", "target_minutes"),
    "volume": ("end_event", "target_count"),
    "amount": ("end_event", "target_amount"),
    "share": ("start_event", "end_event", "target_pct"),
    "completeness": ("start_event", "required_fields", "target_pct"),
}
_TARGETS = {
    "target_minutes": "time",
    "target_count": "volume",
    "target_amount": "amount",
    "required_fields": "completeness",
}
_TICKET_EVENTS = {"ticket_opened", "first_response", "first_resolved", "resolved"}
_AMOUNT_EVENTS = ("won", "opportunity", "open_pipeline")
_EITHER_EVENTS = {"first_attempt"}


class SlaCommitment(Part):
    """What one department owes another, or the customer; one version of it."""

    code: str = Field(description="Name of the commitment; its versions share it")
    version: int = Field(ge=1, description="Versions of one code follow each other in time")
    valid_from: date = Field(description="First day on which a clock of this version may start")
    valid_to: date = Field(default=FOREVER, description="First day on which it no longer may")
    owed_by: str = Field(description="Department that owes it, such as marketing, sales, service")
    owed_to: str = Field(description="Department, or customer, to whom it is owed")
    kind: Literal["lead", "service", "joint"] = Field(
        description="lead: about leads; service: about tickets; joint: a goal that both sides share"
    )
    measure: SlaMeasure | None = Field(
        default=None, description="What is measured; by default that which the target says"
    )
    start_event: SlaEvent | None = Field(
        default=None, description="Event that starts the clock, or is the whole of a share"
    )
    end_event: SlaEvent | None = Field(
        default=None, description="Event that keeps the promise, or is counted"
    )
    end_count: int = Field(
        default=1,
        ge=1,
        description="How many times the end event is owed, such as three attempts",
    )
    fulfilled_by: tuple[SlaEvent, ...] = Field(
        default=(),
        description="Events that keep the promise at once, such as a contact before the third "
        "attempt",
    )
    required_fields: tuple[LeadField, ...] = Field(
        default=(), description="What must be known of a lead when the start event happens"
    )
    target_minutes: int | None = Field(
        default=None, gt=0, description="Minutes of the clock from the start event to the end event"
    )
    target_pct: float | None = Field(
        default=None, ge=0, le=100, description="Share that must be kept, percent"
    )
    target_count: int | None = Field(default=None, ge=0, description="End events owed a month")
    target_amount: float | None = Field(
        default=None,
        ge=0,
        description="Amount owed a month in the company's currency: of deals won in it (end event "
        "won), opened in it (opportunity) or open at its end (open_pipeline)",
    )
    clock: Literal["business", "calendar"] = Field(
        default="business",
        description="business: only working hours count; calendar: nights and holidays as well",
    )
    calendar: str | None = Field(
        default=None, description="Market whose working hours count; by default the record's own"
    )
    pauses: bool = Field(
        default=True, description="Whether the clock stands still in statuses that are paused"
    )
    markets: tuple[str, ...] = Field(
        default=(), description="Markets for whose records it holds; by default all"
    )
    lead_sources: tuple[str, ...] = Field(
        default=(), description="Lead sources for which it holds, as the CRM calls them"
    )
    channels: tuple[str, ...] = Field(
        default=(), description="Channels for which it holds, by their codes"
    )
    min_score: int | None = Field(
        default=None, description="It holds for leads with this score or more when it starts"
    )
    description: str = Field(description="The promise in words")

    @property
    def measured(self) -> SlaMeasure | None:
        """What is measured: as said, else what the target says."""
        if self.measure:
            return self.measure
        for key, measure in _TARGETS.items():
            if getattr(self, key) not in (None, ()):
                return measure  # type: ignore[return-value]
        return "share" if self.start_event and self.end_event else None

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        name = f"sla {self.code} version {self.version}"
        if self.valid_to <= self.valid_from:
            raise ValueError(f"{name}: valid_to is not after valid_from")
        if self.measured is None:
            raise ValueError(
                f"{name} says nothing that can be measured; give target_minutes, target_count, "
                "target_amount, required_fields, or both events and target_pct"
            )
        missing = [key for key in _NEEDS[self.measured] if getattr(self, key) in (None, ())]
        if missing:
            raise ValueError(f"{name} measures {self.measured} and lacks {', '.join(missing)}")
        for key, measure in _TARGETS.items():
            if measure != self.measured and getattr(self, key) not in (None, ()):
                raise ValueError(f"{name} measures {self.measured}; {key} goes with {measure} only")
        self._check_events(name)
        return self

    def _check_events(self, name: str) -> None:
        if self.measured != "time" and (self.end_count > 1 or self.fulfilled_by):
            raise ValueError(f"{name}: end_count and fulfilled_by go with target_minutes only")
        if self.measured == "amount" and self.end_event not in _AMOUNT_EVENTS:
            raise ValueError(
                f"{name}: amounts are counted of end_event {', '.join(_AMOUNT_EVENTS)}"
            )
        if self.measured != "amount" and "open_pipeline" in (self.start_event, self.end_event):
            raise ValueError(f"{name}: open_pipeline goes with target_amount only")
        if self.clock == "calendar" and self.calendar:
            raise ValueError(f"{name}: clock: calendar always runs, so that calendar has no use")
        events = {e for e in (self.start_event, self.end_event, *self.fulfilled_by) if e}
        of_tickets = events & _TICKET_EVENTS
        of_leads = events - _TICKET_EVENTS - _EITHER_EVENTS
        if of_tickets and of_leads:
            raise ValueError(
                f"{name} mixes events of tickets ({', '.join(sorted(of_tickets))}) and of leads "
                f"({', '.join(sorted(of_leads))})"
            )
        if of_tickets and (self.required_fields or self.lead_sources or self.min_score is not None):
            raise ValueError(
                f"{name} is about tickets; required_fields, lead_sources and min_score are of leads"
            )


def check_agreement(
    commitments: Iterable[SlaCommitment], markets: Iterable[str], channels: Iterable[str]
) -> None:
    """Raise ValueError where versions overlap, or unknown markets or channels are named."""
    by_code: dict[str, list[SlaCommitment]] = {}
    known = {"markets": set(markets), "channels": set(channels)}
    for commitment in commitments:
        by_code.setdefault(commitment.code, []).append(commitment)
        calendars = {commitment.calendar} if commitment.calendar else set()
        for key, named in (
            ("markets", {*commitment.markets, *calendars}),
            ("channels", set(commitment.channels)),
        ):
            unknown = sorted(named - known[key])
            if unknown:
                raise ValueError(
                    f"sla {commitment.code} version {commitment.version} names {key} {unknown}, "
                    f"which `{key}` lacks"
                )
    for code, versions in by_code.items():
        for earlier, later in pairwise(sorted(versions, key=lambda v: v.valid_from)):
            if later.valid_from < earlier.valid_to:
                raise ValueError(
                    f"sla {code}: version {later.version} begins on {later.valid_from}, when "
                    f"version {earlier.version} still holds (valid_to {earlier.valid_to}); end "
                    "that one first"
                )
            if later.version <= earlier.version:
                raise ValueError(
                    f"sla {code}: version {later.version} begins after version "
                    f"{earlier.version}; number versions in the order of their days"
                )

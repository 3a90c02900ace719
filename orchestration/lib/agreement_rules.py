"""The parts of company.yaml about leads and service: what a status means, what counts once.

Belongs here: what the keys of stages, leads and tickets may say. Doesn't belong here: who owes whom
what (see `commitment_rules`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from orchestration.lib.company_rules import Part

LeadStageName = Literal[
    "captured", "engaged", "mql", "sal", "sql", "opportunity", "won", "lost", "rejected", "recycled"
]


class LeadStage(Part):
    """What a system's lead status means."""

    system: str
    status: str
    stage: LeadStageName
    is_paused: bool = Field(
        default=False,
        description="Whether clocks of the agreement stand still while a lead has this status, "
        "such as while a customer has asked not to be called before spring",
    )


class Leads(Part):
    """What counts as one lead, and what a won deal is worth."""

    duplicate_days: int = Field(
        default=90,
        ge=0,
        description="Another lead of the same person within this many days of the capture of an "
        "earlier one is its duplicate; later ones only while the earlier one is still open",
    )
    deal_margin_pct: float | None = Field(
        default=None,
        ge=-100,
        le=100,
        description="Margin of a won deal in percent of its amount, as the CRM does not tell it; "
        "without it the margin is unknown",
    )


class Funnel(Part):
    """How the funnel is told: bands of age, and when odds are trusted."""

    age_band_days: tuple[int, ...] = Field(
        default=(7, 30, 90, 180),
        min_length=1,
        description="Days at which a band of age ends and the next begins, ascending",
    )
    min_ended: int = Field(
        default=20,
        ge=1,
        description="Leads or deals that must have been in a stage and have ended before its share "
        "of won ones counts as odds; with fewer the odds of all stages of the kind count, and with "
        "fewer still they are unknown",
    )
    backtest_months: int = Field(
        default=12,
        ge=0,
        description="Latest month ends for which the forecast of the pipeline is made anew, from "
        "what was known then, and compared with what came",
    )

    @model_validator(mode="after")
    def _ascending(self) -> Funnel:
        if any(
            one >= other
            for one, other in zip((0, *self.age_band_days), self.age_band_days, strict=False)
        ):
            raise ValueError("age_band_days are not positive and ascending")
        return self


class OpportunityStage(Part):
    """What a system's opportunity stage means."""

    system: str
    stage_name: str
    stage: Literal["opportunity", "won", "lost"]


TicketState = Literal["new", "open", "waiting", "on_hold", "solved", "closed"]


class TicketStatus(Part):
    """What a system's ticket status means."""

    system: str = Field(description="System that keeps the tickets, as salesforce, or one feed")
    status: str = Field(description="Status in the system's words; case doesn't matter")
    state: TicketState = Field(
        description="waiting: for the customer; on_hold: for somebody else outside. Both stop the "
        "clocks. solved and closed: nothing more is owed, until it is opened again"
    )


class Service(Part):
    """How service is read."""

    contradiction_days: int = Field(
        default=30,
        ge=1,
        description="Different answers on one topic contradict each other within so many days",
    )
    repeat_contact_days: int = Field(
        default=30,
        ge=1,
        description="A second ticket on one topic within so many days is a repeated contact",
    )
    conversation_days: int = Field(
        default=7,
        ge=1,
        description="A message to a social profile that comes more days after the last answer "
        "begins a new conversation",
    )

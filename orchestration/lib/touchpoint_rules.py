"""The parts of company.yaml about touchpoints: when a visit ends, and the kinds of contact.

Belongs here: the built-in kinds of contact, and what a company may say of them and of visits.
Doesn't belong here: channels, and how the rules become tables (see `rules_tables`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, field_validator

from orchestration.lib.company_rules import Part, Stage

Department = Literal["marketing", "sales", "service", "distributor"]


class Sessions(Part):
    """When a visit to the web site or the app ends, and which visits nobody made.

    Google Universal Analytics: the defaults. Google Analytics 4: `ends_with_campaign` and
    `ends_at_midnight` both false.
    """

    timeout_minutes: int = Field(
        default=30,
        gt=0,
        description="A visit ends when its visitor does nothing for longer than this; exactly "
        "this long still belongs to it",
    )
    ends_with_campaign: bool = Field(
        default=True,
        description="Whether another campaign or source that brings the visitor back begins "
        "another visit; a direct return never does",
    )
    ends_at_midnight: bool = Field(
        default=True,
        description="Whether a visit ends at midnight in its market; otherwise it may go on into "
        "the next day and counts on the day on which it began",
    )
    machine_browsers: str = Field(
        default="bot|crawl|spider|headless|preview|lighthouse",
        description="Regular expression of browser names that are machines, whatever the case",
    )
    machine_min_events: int = Field(
        default=20,
        gt=1,
        description="Fewest events of a visit that is told to be a machine's by its pace",
    )
    machine_events_per_second: float = Field(
        default=1.0,
        gt=0,
        description="A visit of so many events or more is a machine's if it is faster than this",
    )
    internal_traffic: str = Field(
        default="^internal$",
        description="Regular expression of the values of the event parameter traffic_type that "
        "mark colleagues, whatever the case",
    )

    @field_validator("machine_browsers", "internal_traffic")
    @classmethod
    def _is_regex(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"{value!r} is not a regular expression: {error}") from None
        return value


class TouchpointType(Part):
    """A kind of contact: one of its own, or what a company sees otherwise in a built-in one."""

    type: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Code, such as store_visit")
    name: str | None = Field(default=None, description="Name for people; default: the code")
    description: str | None = None
    department: Department | None = Field(
        default=None, description="Department in contact; default: the channel's"
    )
    intent: str | None = Field(
        default=None,
        min_length=1,
        description="What people want with it, where the contact does not tell; default: the "
        "channel's",
    )
    stage: Stage | None = Field(
        default=None,
        description="Stage of the buying cycle that it shows, where the contact does not tell; "
        "default: the channel's",
    )
    initiated_by: Literal["person", "company"] | None = Field(
        default=None, description="Who begins it, where the contact does not tell; default: person"
    )
    is_engagement: bool | None = Field(
        default=None,
        description="Whether it is a step of a journey; default: yes. One that did not take place "
        "(a call that reached nobody) never is, a conversion always",
    )


@dataclass(frozen=True)
class TypeOfContact:
    """A kind of contact as the models read it; None: as the channel says."""

    type: str
    name: str
    description: str
    department: str | None = None
    intent: str | None = None
    stage: str | None = None
    initiated_by: str = "person"
    is_engagement: bool = True
    defined_by: Literal["project", "company"] = "project"


def _kind(
    type: str,
    name: str,
    description: str,
    *,
    by: Literal["person", "company"] = "person",
    step: bool = True,
    department: Department | None = None,
    intent: str | None = None,
    stage: Stage | None = None,
) -> TypeOfContact:
    return TypeOfContact(type, name, description, department, intent, stage, by, step)


BUILT_IN = (
    _kind("web_session", "Visit to the site", "Session on the web site"),
    _kind("app_session", "Visit to the app", "Session in the app"),
    _kind(
        "outbound_click", "Click-out", "Click that leaves the own site, as for an e-tailer's",
        stage="intent",
    ),
    _kind(
        "ad_impression", "Ad seen", "Ad shown to a known person", by="company", step=False,
        department="marketing",
    ),
    _kind("ad_click", "Ad clicked", "Ad clicked by a known person", department="marketing"),
    _kind(
        "email_sent", "E-mail sent", "Newsletter or automatic e-mail that was delivered",
        by="company", step=False, department="marketing",
    ),
    _kind(
        "email_opened", "E-mail opened", "E-mail opened; mail programs open some by themselves",
        step=False, department="marketing",
    ),
    _kind("email_clicked", "E-mail clicked", "Link in an e-mail clicked", department="marketing"),
    _kind(
        "email_bounced", "E-mail bounced", "E-mail that a mailbox refused", by="company",
        step=False, department="marketing",
    ),
    _kind(
        "email_unsubscribed", "E-mail unsubscribed", "Person who wants no more e-mails",
        step=False, department="marketing",
    ),
    _kind(
        "email_complained", "E-mail marked as spam", "E-mail that a person marked as spam",
        step=False, department="marketing",
    ),
    _kind("social_message", "Social message", "Comment or message of a person on a profile"),
    _kind(
        "social_reply", "Social reply", "The company's answer on its profile", by="company",
        step=False,
    ),
    _kind(
        "campaign_contact", "Mailing", "Mailing, catalogue or coupon sent to a named person",
        by="company",
    ),
    _kind(
        "campaign_invitation", "Invitation", "Person invited to an event or programme",
        by="company", step=False, department="marketing",
    ),
    _kind(
        "campaign_response", "Response", "Person who answered an invitation or came",
        department="marketing",
    ),
    _kind(
        "coupon_redemption", "Coupon redeemed", "Coupon handed in", intent="buy", stage="intent"
    ),
    _kind(
        "lead_captured", "Lead captured", "Person who asked to be contacted",
        department="marketing", stage="intent",
    ),
    _kind(
        "sales_call", "Sales call", "Call with a salesperson; one that reached nobody is no step",
        by="company", department="sales",
    ),
    _kind(
        "sales_email", "Sales e-mail", "E-mail of a salesperson", by="company", step=False,
        department="sales",
    ),
    _kind(
        "sales_task", "Sales task", "Other contact of a salesperson", by="company", step=False,
        department="sales",
    ),
    _kind(
        "meeting", "Meeting", "Meeting with a salesperson; one that was missed is no step",
        by="company", department="sales",
    ),
    _kind(
        "deal_won", "Deal won", "Opportunity that was won", department="sales", intent="buy",
        stage="purchase",
    ),
    _kind("store_visit", "Store visit", "Visit to a physical store, by check-in, Wi-Fi or till"),
    _kind("event_visit", "Event visit", "Visit to an event, fair or tasting"),
    _kind("phone_call", "Phone call", "Call to a call centre that is not sales'"),
    _kind("chat", "Chat", "Chat with a person or a machine of the company"),
    _kind(
        "purchase", "Purchase",
        "Order or basket of a known person, in whichever shop; one without own products is no step",
        intent="buy", stage="purchase",
    ),
    _kind("return", "Return", "Products given back", intent="return", stage="service"),
    _kind("cancellation", "Cancellation", "Order cancelled", intent="return", stage="service"),
    _kind(
        "ticket_opened", "Service contact", "Service case opened", department="service",
        stage="service",
    ),
    _kind(
        "csat_answered", "Satisfaction survey", "Customer satisfaction answered, 1 to 5",
        department="service", intent="rate", stage="service",
    ),
    _kind(
        "nps_answered", "Recommendation survey", "Net promoter score answered, 0 to 10",
        department="service", intent="rate", stage="loyalty",
    ),
)  # fmt: skip
"""Kinds of contact that the project's sources tell of, in the order of the documentation."""


def types_of_contact(changes: Iterable[TouchpointType]) -> tuple[TypeOfContact, ...]:
    """The built-in kinds as a company changes them, and those that it adds, in order."""
    found = {kind.type: kind for kind in BUILT_IN}
    for change in changes:
        known = found.get(change.type)
        base = known or TypeOfContact(change.type, change.type, "Added by the company")
        said = {key: value for key, value in dict(change).items() if value is not None}
        found[change.type] = TypeOfContact(**{**vars(base), **said, "defined_by": "company"})
    return tuple(found.values())

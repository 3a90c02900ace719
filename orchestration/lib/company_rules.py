"""The parts of company.yaml: journeys, identity, channels, campaigns, distributors and shops.

Belongs here: what each part may say.
Doesn't belong here: contacts (see `touchpoint_rules`), markets and their calendars (see
`calendar_rules`), leads and what departments owe each other (see `agreement_rules`), how the parts
hold together, and finding the file (see `companies`).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166 alpha-2")]
Zone = Annotated[str, Field(description="Time zone, such as Europe/Madrid")]
Stage = Literal["awareness", "consideration", "intent", "purchase", "service", "loyalty"]
ConversionType = Literal["sale", "won_deal", "lead", "qualified_lead"]
TargetMetric = Literal[
    "spend",
    "impressions",
    "clicks",
    "messages",
    "visits",
    "leads",
    "qualified_leads",
    "sales",
    "won_deals",
    "revenue",
]
GoldenField = Literal["email", "phone", "name", "company_name", "birth_date", "address", "market"]
RecordType = Literal[
    "account",
    "contact",
    "shop_customer",
    "loyalty_member",
    "lead",
    "email_profile",
    "touchpoint_person",
    "order",
    "touchpoint_contact",
    "case",
    "social_profile",
    "device",
]


def check_regex(value: str) -> re.Pattern[str]:
    """The pattern; raises ValueError where it is none."""
    try:
        return re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is not a regular expression: {error}") from None


class Part(BaseModel):
    """A part of company.yaml; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Conversion(Part):
    """A kind of conversion: what it is, and whether a journey ends with it."""

    type: ConversionType = Field(
        description="sale: own products sold to a known person; won_deal: a won opportunity of the "
        "CRM; lead: a lead captured; qualified_lead: a lead that marketing calls qualified"
    )
    ends_journey: bool = Field(
        default=False,
        description="Whether a journey ends with it; else it is noted inside the journey in which "
        "it happens. A qualified lead cannot end a journey: it is no contact with the customer",
    )
    lookback_days: int | None = Field(
        default=None,
        gt=0,
        description="How far back contacts share in its credit; default: journeys.lookback_days",
    )

    @model_validator(mode="after")
    def _is_a_contact(self) -> Conversion:
        if self.type == "qualified_lead" and self.ends_journey:
            raise ValueError(
                "a qualified lead cannot end a journey, since no contact happens at that moment; "
                "let the lead or the won deal end it, or take ends_journey away"
            )
        return self


class Journeys(Part):
    """When a journey begins, pauses, lapses and ends, and how far back a contact counts."""

    lapse_days: int = Field(
        default=30,
        gt=0,
        description="A journey without a contact for longer than this has lapsed; the next contact "
        "begins another. Service and loyalty contacts within this time after a conversion belong "
        "to the journey that it ended",
    )
    lookback_days: int = Field(
        default=30,
        gt=0,
        description="How far back contacts share in the credit of a conversion; a channel or a "
        "kind of conversion may have its own",
    )
    stall_days: int = Field(
        default=7, gt=0, description="A pause between two contacts longer than this is a stall"
    )
    repeat_contact_days: int = Field(
        default=7,
        gt=0,
        description="A service contact through the same channel within this time after the one "
        "before is a repeat contact: somebody who had to come back",
    )
    first_steps: int = Field(
        default=5, gt=0, description="Channels of path_first, the beginning of a journey's path"
    )
    start_stages: tuple[Stage, ...] = Field(
        default=("awareness", "consideration", "intent", "purchase", "service", "loyalty"),
        min_length=1,
        description="Stages whose contacts may begin a journey; others are counted outside any "
        "journey until one begins. A conversion always may, and a contact of unknown stage",
    )
    conversions: tuple[Conversion, ...] = Field(
        default=(
            Conversion(type="sale", ends_journey=True),
            Conversion(type="won_deal", ends_journey=True),
            Conversion(type="lead"),
            Conversion(type="qualified_lead"),
        ),
        description="Kinds of conversion that the company counts; one that is not listed is none",
    )

    @field_validator("start_stages")
    @classmethod
    def _stages_once(cls, value: tuple[Stage, ...]) -> tuple[Stage, ...]:
        if len(set(value)) < len(value):
            raise ValueError(f"a stage stands twice in {list(value)}")
        return value

    @field_validator("conversions")
    @classmethod
    def _types_once(cls, value: tuple[Conversion, ...]) -> tuple[Conversion, ...]:
        types = [conversion.type for conversion in value]
        if len(set(types)) < len(types):
            raise ValueError(f"a type stands twice in {types}")
        return value


class PositionWeights(Part):
    """Credit of the first and the last contact by position; those between share the rest."""

    first: float = Field(default=0.4, ge=0, le=1)
    last: float = Field(default=0.4, ge=0, le=1)

    @model_validator(mode="after")
    def _leave_something(self) -> PositionWeights:
        if self.first + self.last > 1:
            raise ValueError(
                f"first and last sum to {self.first + self.last:g}; keep them to 1 or less"
            )
        return self


class Attribution(Part):
    """How the credit of a conversion is shared where a model leaves it open."""

    position_weights: PositionWeights = Field(
        default=PositionWeights(),
        description="position_based: shares of the first and the last contact; the contacts "
        "between share the rest equally, and where there are none the two share all",
    )
    half_life_days: float = Field(
        default=7,
        gt=0,
        description="time_decay: a contact this many days earlier counts half as much",
    )
    markov_order: int = Field(
        default=1,
        ge=1,
        le=3,
        description="markov: how many contacts back the next step of a path depends on",
    )


class CampaignTarget(Part):
    """What a campaign is to reach between two days, both included."""

    campaign: str = Field(
        description="Code of the campaign as in dim_campaign.campaign_code, such as google_ads:123"
    )
    metric: TargetMetric = Field(
        description="Spend and revenue in the company's currency, the others counted; sales, won "
        "deals, leads and revenue as credited to the campaign by last_non_direct"
    )
    target: float = Field(gt=0)
    start_date: date
    end_date: date

    @model_validator(mode="after")
    def _not_reversed(self) -> CampaignTarget:
        if self.end_date < self.start_date:
            raise ValueError("end_date is before start_date")
        return self


class Identity(Part):
    """Guards against merging people who share a mailbox, a phone or a device, and whom to believe.

    `survivorship` says for a field of the golden record which kinds of record are believed first,
    in order (those not listed follow in the default order), or `newest`: whoever said it last.
    """

    free_mail_domains: tuple[str, ...] = ()
    max_records_per_identifier: int = Field(
        default=10,
        gt=0,
        description="Person records that may share an e-mail address, phone or device; a value "
        "that more share links nobody",
    )
    match_probability: float = Field(
        default=0.95,
        gt=0,
        lt=1,
        description="How sure the model must be to link two records; above 0.2 a steward is asked",
    )
    max_customer_records: int = Field(
        default=60, gt=1, description="Most records of one customer, without devices and orders"
    )
    max_moved_pct: float = Field(
        default=5.0,
        gt=0,
        le=100,
        description="Percent of records that a run may move to other customers; more publishes "
        "nothing",
    )
    survivorship: dict[GoldenField, Literal["newest"] | tuple[RecordType, ...]] = Field(
        default_factory=dict
    )
    referral_code: str = Field(
        default=r"^FRIEND-(\w+)$",
        description="Regular expression of a discount code by which a customer refers a friend; "
        "its first group is the customer's id in the shop",
    )

    @field_validator("referral_code")
    @classmethod
    def _has_group(cls, value: str) -> str:
        if check_regex(value).groups < 1:
            raise ValueError(f"{value!r} has no group for the customer's id, such as (.+)")
        return value

    @field_validator("survivorship")
    @classmethod
    def _named_once(cls, value: dict[str, Any]) -> dict[str, Any]:
        for field, kinds in value.items():
            if kinds != "newest" and len(set(kinds)) < len(kinds):
                raise ValueError(f"{field}: a kind of record stands twice in {list(kinds)}")
        return value


class InMarket(Part):
    """How purchases are foretold and tested, and what counts as an answer to a message."""

    horizon_days: int = Field(
        default=30, gt=0, description="Days ahead for which purchase and next stage are foretold"
    )
    backtest_weeks: int = Field(
        default=4, gt=0, description="Latest weeks whose outcome is known that test the model"
    )
    training_weeks: int = Field(
        default=12, gt=0, description="Weekly cut-off days that a model learns from"
    )
    max_rows: int = Field(
        default=200_000,
        ge=1_000,
        description="Most rows (customer and cut-off day) to learn from, and as many to test on; "
        "more customers are sampled",
    )
    min_conversions: int = Field(
        default=50,
        gt=0,
        description="Customers that must have converted within the horizon of the cut-off days "
        "learnt from; below it, shares by state take the place of the model",
    )
    response_days: int = Field(
        default=14, gt=0, description="Days after a message in which a conversion follows it"
    )
    opt_out_days: int = Field(
        default=7, gt=0, description="Days after a contact in which an opt-out follows it"
    )
    frequency_days: int = Field(
        default=30, gt=0, description="Days over which the messages of a channel are counted"
    )


class CustomerValue(Part):
    """How what customers will buy is foretold, discounted and tested."""

    model: Literal["bg_nbd", "mbg_nbd"] = Field(
        default="bg_nbd",
        description="bg_nbd: nobody leaves after the first purchase; mbg_nbd: some do",
    )
    horizon_months: int = Field(
        default=12, gt=0, le=120, description="Months ahead that count in the lifetime value"
    )
    discount_pct_year: float = Field(
        default=10.0,
        ge=0,
        description="What money loses in a year, in percent; the lifetime value is reckoned as of "
        "the month's end",
    )
    holdout_days: int = Field(
        default=90,
        gt=0,
        description="Days after a month that test what was foretold at its end; who buys nothing "
        "in them has churned",
    )
    min_customers: int = Field(
        default=50,
        ge=10,
        description="Customers that must have come back until a month's end for a model; with "
        "fewer, each customer's own rate, drawn to that of all, takes its place",
    )
    max_customers: int = Field(
        default=200_000,
        ge=1_000,
        description="Most customers whose amounts are learnt from; more are sampled",
    )
    fitted_months: int = Field(
        default=24,
        gt=0,
        description="Newest months that have a model of their own; older ones have rates only",
    )
    tested_months: int = Field(
        default=6, gt=0, description="Newest months whose hold-out is over that test the model"
    )
    medium_churn_risk_pct: float = Field(
        default=50.0, ge=0, le=100, description="Churn risk from which on it is medium"
    )
    high_churn_risk_pct: float = Field(
        default=80.0, ge=0, le=100, description="Churn risk from which on it is high"
    )


class Contacts(Part):
    """What a contact with somebody whom the company knows must not ignore.

    `acquisition_campaigns` is a regular expression on name and type of campaigns that are meant
    for people who are no customers yet.
    """

    acquisition_campaigns: str = (
        "welcome|bienvenid|prospect|acquisition|captacion|new customer|nuevos? cliente|"
        "first order|primera compra|primer pedido"
    )
    recent_purchase_days: int = Field(default=7, gt=0)
    linked_purchase_days: int = Field(default=30, gt=0)

    @field_validator("acquisition_campaigns")
    @classmethod
    def _ischeck_regex(cls, value: str) -> str:
        check_regex(value)
        return value


class FxRate(Part):
    """What a unit of a currency is worth in the company's, from a day on."""

    currency: Currency
    valid_from: date
    rate: float = Field(gt=0)


class Channel(Part):
    """A channel of the company's taxonomy."""

    code: str
    name: str
    ownership: Literal["paid", "owned", "earned"]
    medium: Literal["digital", "physical"]
    department: Literal["marketing", "sales", "service", "distributor"]
    intent: str
    stage: Stage
    lookback_days: int | None = Field(
        default=None,
        gt=0,
        description="How far back its contacts share in the credit of a conversion; default: that "
        "of the kind of conversion, else journeys.lookback_days",
    )


class ChannelRule(Part):
    """Which channel a touch belongs to; first match wins. Patterns are regexes, absent = any."""

    system: str
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    channel: str

    @field_validator("source", "medium", "campaign")
    @classmethod
    def _ischeck_regex(cls, value: str | None) -> str | None:
        if value is not None:
            check_regex(value)
        return value


class Relation(Part):
    """What a distributor is to the company from a day on."""

    relation: Literal["ally", "own_label_rival", "direct_rival"]
    valid_from: date


class Distributor(Part):
    """A company that sells the brand's products."""

    code: str
    name: str
    type: Literal["retailer", "e_tailer", "wholesaler"]
    country: Country
    gln: str | None = None
    relations: tuple[Relation, ...] = Field(min_length=1)

    @field_validator("gln", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value


class Shop(Part):
    """A shop that the company runs itself, on its own site or a social network."""

    code: str
    name: str
    type: Literal["own_shop", "social_shop"]
    system: str
    source_names: tuple[str, ...] = Field(min_length=1)

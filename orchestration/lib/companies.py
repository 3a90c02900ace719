"""Companies: the business rules of one company, and the feeds that it receives.

Belongs here: reading and validating `companies/<company>/company.yaml` and finding its folder.
Doesn't belong here: feeds themselves (see `feeds`), the rules as tables (see `rules_tables`).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from orchestration.lib.feeds import Feed, check_zone, feed_schema, load_feeds
from orchestration.lib.layouts import Layout
from orchestration.lib.settings import Settings
from orchestration.lib.yaml_errors import explain, read_documents

COMPANIES_DIR = Path(__file__).resolve().parents[1] / "companies"
WEEK_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
INTERVAL = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(([01]\d|2[0-3]):([0-5]\d)|24:00)")
PLACEHOLDER = re.compile(r"\$\{?(\w+)\}?")

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166 alpha-2")]
Zone = Annotated[str, Field(description="Time zone, such as Europe/Madrid")]
WeekDay = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Stage = Literal["awareness", "consideration", "intent", "purchase", "service", "loyalty"]
LeadStageName = Literal[
    "captured", "engaged", "mql", "sal", "sql", "opportunity", "won", "lost", "rejected", "recycled"
]
# A lead enters a stage, or one of these happens to a lead or ticket.
SlaEvent = (
    LeadStageName
    | Literal[
        "assigned",
        "first_attempt",
        "first_contact",
        "accepted_or_rejected",
        "ticket_opened",
        "first_response",
        "resolved",
    ]
)


class CompanyError(ValueError):
    """A company that cannot be used; the message names file and key, and what to do."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sessions(_Part):
    """When a visit ends."""

    timeout_minutes: int = Field(default=30, gt=0)


class Journeys(_Part):
    """When a journey lapses, and how far back a touch counts for a conversion."""

    lapse_days: int = Field(default=30, gt=0)
    lookback_days: int = Field(default=30, gt=0)


class Identity(_Part):
    """Guards against merging people who share a mailbox, a phone or a device."""

    free_mail_domains: tuple[str, ...] = ()
    max_records_per_identifier: int = Field(default=10, gt=0)


class Holidays(_Part):
    """Calendar of the `holidays` library."""

    country: str
    subdivision: str | None = None


class Market(_Part):
    """A country in which the company sells, with its calendar and working hours."""

    code: Country
    name: str
    time_zone: Zone
    currency: Currency
    language: str
    dialling_code: str
    holidays: Holidays | None = None
    working_hours: dict[WeekDay, tuple[str, ...]] = Field(default_factory=dict)
    aliases: tuple[str, ...] = ()

    @field_validator("holidays", mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            country, _, subdivision = value.partition("-")
            return {"country": country, "subdivision": subdivision or None}
        return value

    @field_validator("dialling_code", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        return check_zone(value)

    @field_validator("working_hours")
    @classmethod
    def _are_intervals(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for day, intervals in value.items():
            for interval in intervals:
                if not INTERVAL.fullmatch(interval) or interval[:5] >= interval[6:]:
                    raise ValueError(f"{day}: {interval!r} is not an interval like 09:00-14:00")
            ordered = sorted(intervals)
            if any(a[6:] > b[:5] for a, b in zip(ordered, ordered[1:], strict=False)):
                raise ValueError(f"{day}: the intervals {list(intervals)} overlap")
        return value


class FxRate(_Part):
    """What a unit of a currency is worth in the company's, from a day on."""

    currency: Currency
    valid_from: date
    rate: float = Field(gt=0)


class Channel(_Part):
    """A channel of the company's taxonomy."""

    code: str
    name: str
    ownership: Literal["paid", "owned", "earned"]
    medium: Literal["digital", "physical"]
    department: Literal["marketing", "sales", "service", "distributor"]
    intent: str
    stage: Stage


class ChannelRule(_Part):
    """Which channel a touch belongs to; first match wins. Patterns are regexes, absent = any."""

    system: str
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    channel: str

    @field_validator("source", "medium", "campaign")
    @classmethod
    def _is_regex(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value)
            except re.error as error:
                raise ValueError(f"{value!r} is not a regular expression: {error}") from None
        return value


class LeadStage(_Part):
    """What a system's lead status means."""

    system: str
    status: str
    stage: LeadStageName


class OpportunityStage(_Part):
    """What a system's opportunity stage means."""

    system: str
    stage_name: str
    stage: Literal["opportunity", "won", "lost"]


class SlaCommitment(_Part):
    """Who owes whom what, and within how many business minutes; one version of it."""

    code: str
    version: int = Field(ge=1)
    valid_from: date
    valid_to: date = date(9999, 12, 31)
    owed_by: str
    owed_to: str
    kind: Literal["lead", "service", "joint"]
    start_event: SlaEvent | None = None
    end_event: SlaEvent | None = None
    target_minutes: int | None = Field(default=None, gt=0)
    target_pct: float | None = Field(default=None, ge=0, le=100)
    target_count: int | None = Field(default=None, ge=0)
    description: str

    @model_validator(mode="after")
    def _not_reversed(self) -> SlaCommitment:
        if self.valid_to <= self.valid_from:
            raise ValueError("valid_to is not after valid_from")
        return self


class Relation(_Part):
    """What a distributor is to the company from a day on."""

    relation: Literal["ally", "own_label_rival", "direct_rival"]
    valid_from: date


class Distributor(_Part):
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


class Shop(_Part):
    """A shop that the company runs itself, on its own site or a social network."""

    code: str
    name: str
    type: Literal["own_shop", "social_shop"]
    system: str
    source_names: tuple[str, ...] = Field(min_length=1)


class Company(_Part):
    """The business rules of one company, with its feeds."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    currency: Currency
    time_zone: Zone
    start_date: date
    end_date: date | None = Field(default=None, description="Default: today")
    inbox: str = Field(description="Folder of the senders' files; $CFS_… variables are filled in")
    fiscal_year_start_month: int = Field(default=1, ge=1, le=12)
    owner: str | None = None
    own_brands: tuple[str, ...] = ()
    sessions: Sessions = Sessions()
    journeys: Journeys = Journeys()
    identity: Identity = Identity()
    markets: tuple[Market, ...] = ()
    fx: tuple[FxRate, ...] = ()
    channels: tuple[Channel, ...] = ()
    channel_rules: tuple[ChannelRule, ...] = ()
    lead_stages: tuple[LeadStage, ...] = ()
    opportunity_stages: tuple[OpportunityStage, ...] = ()
    sla: tuple[SlaCommitment, ...] = ()
    distributors: tuple[Distributor, ...] = ()
    shops: tuple[Shop, ...] = ()
    folder: Path = Field(default=Path(), exclude=True)
    feeds: tuple[Feed, ...] = Field(default=(), exclude=True)

    @property
    def last_date(self) -> date:
        """`end_date`, or today."""
        return self.end_date or date.today()

    def inbox_path(self, settings: Settings) -> Path:
        """Folder that holds the senders' files; raises CompanyError if a variable is not set."""
        text = PLACEHOLDER.sub(lambda found: _setting(settings, found[1], self.name), self.inbox)
        return (self.folder / Path(text).expanduser()).resolve()

    def feed(self, name: str) -> Feed:
        """Feed by `source/table`; raises CompanyError if there is none."""
        for feed in self.feeds:
            if feed.name == name:
                return feed
        known = ", ".join(feed.name for feed in self.feeds)
        raise CompanyError(f"{self.name} has no feed {name!r}; it has {known or 'none'}.")

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        return check_zone(value)

    @model_validator(mode="after")
    def _holds_together(self) -> Company:
        if self.last_date < self.start_date:
            raise ValueError("end_date is before start_date")
        _unique("markets", (m.code for m in self.markets))
        _unique("channels", (c.code for c in self.channels))
        _unique("distributors", (d.code for d in self.distributors))
        _unique("fx", ((f.currency, f.valid_from) for f in self.fx))
        _unique("sla", ((s.code, s.version) for s in self.sla))
        _unique("lead_stages", ((s.system, s.status) for s in self.lead_stages))
        _unique("opportunity_stages", ((s.system, s.stage_name) for s in self.opportunity_stages))
        _unique("shops", ((s.system, n) for s in self.shops for n in s.source_names))
        for distributor in self.distributors:
            _unique(f"distributors.{distributor.code}", (r.valid_from for r in distributor.relations))
        codes = {channel.code for channel in self.channels}
        unknown = sorted({rule.channel for rule in self.channel_rules} - codes)
        if unknown:
            raise ValueError(f"channel_rules name channels {unknown}, which `channels` lacks")
        return self


def find_company(settings: Settings) -> Path:
    """Folder of the company of the settings: by name in the project, else by path."""
    named = COMPANIES_DIR / settings.company
    folder = named if named.is_dir() else Path(settings.company).expanduser()
    if not (folder / "company.yaml").is_file():
        known = ", ".join(sorted(p.parent.name for p in COMPANIES_DIR.glob("*/company.yaml")))
        raise CompanyError(
            f"CFS_COMPANY={settings.company!r}: no company.yaml in {folder}. Give one of "
            f"{known or 'no company yet'}, or the path of a folder that holds a company.yaml."
        )
    return folder.resolve()


def load_company(settings: Settings, layouts: dict[str, Layout] | None = None) -> Company:
    """Read the company of the settings with all its feeds."""
    folder = find_company(settings)
    company = read_company(folder / "company.yaml")
    feeds = load_feeds(folder / "feeds", layouts)
    return company.model_copy(update={"folder": folder, "feeds": feeds})


def read_company(path: Path) -> Company:
    """Read one company.yaml, without feeds."""
    documents = read_documents(path, CompanyError)
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise CompanyError(f"{path}: needs one YAML document with keys and values.")
    unknown = {"folder", "feeds"} & set(documents[0])
    if unknown:
        raise CompanyError(f"{path}: key `{unknown.pop()}` is unknown; remove it.")
    try:
        return Company.model_validate(documents[0])
    except ValidationError as error:
        raise CompanyError(f"{path}: {explain(error)}") from error


def schemas() -> dict[str, str]:
    """Editor schemas by file name, as JSON text."""
    company = Company.model_json_schema()
    for key in ("folder", "feeds"):
        company["properties"].pop(key)
    company.get("$defs", {}).pop("Feed", None)
    used = json.dumps({k: v for k, v in company.items() if k != "$defs"})
    company["$defs"] = _reachable(used, company.get("$defs", {}))
    bodies = {"company.schema.json": company, "feed.schema.json": feed_schema()}
    return {name: json.dumps(body, indent=2) + "\n" for name, body in bodies.items()}


def write_schemas(folder: Path = COMPANIES_DIR) -> list[Path]:
    """Write the editor schemas that differ; return those that changed."""
    changed = []
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def _reachable(text: str, definitions: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    found = set(re.findall(r"#/\$defs/(\w+)", text))
    while found:
        name = found.pop()
        if name not in kept:
            kept[name] = definitions[name]
            found |= set(re.findall(r"#/\$defs/(\w+)", json.dumps(definitions[name])))
    return dict(sorted(kept.items()))


def _setting(settings: Settings, variable: str, company: str) -> str:
    known = {"CFS_DATA_DIR": settings.data_dir, "CFS_OPEN_DATA_DIR": settings.open_data_dir}
    value = known.get(variable) or os.environ.get(variable)
    if not value:
        raise CompanyError(
            f"The inbox of company {company} lies in ${variable}, which is not set; "
            f"set {variable} to the folder that holds the files."
        )
    return str(value)


def _unique(key: str, values: Iterable[object]) -> None:
    seen: set[object] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{key}: {value} stands twice")
        seen.add(value)


if __name__ == "__main__":
    for written in write_schemas():
        print(f"wrote {written.name}")

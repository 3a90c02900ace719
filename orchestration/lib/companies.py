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
from typing import Any

from pydantic import Field, ValidationError, field_validator, model_validator

from orchestration.lib.agreement_rules import (
    Funnel,
    Leads,
    LeadStage,
    OpportunityStage,
    Service,
    TicketStatus,
)
from orchestration.lib.calendar_rules import Market
from orchestration.lib.commitment_rules import SlaCommitment, check_agreement
from orchestration.lib.company_rules import (
    Attribution,
    CampaignTarget,
    Channel,
    ChannelRule,
    Contacts,
    Currency,
    CustomerValue,
    Distributor,
    FxRate,
    Identity,
    InMarket,
    Journeys,
    Part,
    Shop,
    Zone,
    check_regex,
)
from orchestration.lib.count_rules import USUAL_COUNTS, DepartmentCount, SourceTrust
from orchestration.lib.feeds import Feed, check_zone, feed_schema, load_feeds
from orchestration.lib.layouts import Layout
from orchestration.lib.settings import Settings
from orchestration.lib.touchpoint_rules import Sessions, TouchpointType
from orchestration.lib.yaml_errors import explain, read_documents

COMPANIES_DIR = Path(__file__).resolve().parents[1] / "defs" / "companies"
PLACEHOLDER = re.compile(r"\$\{?(\w+)\}?")


class CompanyError(ValueError):
    """A company that cannot be used; the message names file and key, and what to do."""


class Company(Part):
    """The business rules of one company, with its feeds."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    currency: Currency
    time_zone: Zone
    start_date: date
    end_date: date | None = Field(default=None, description="Default: today")
    calendar_start_date: date | None = Field(
        default=None,
        description="First day of the business calendars; default: 15 years before the year of "
        "start_date. Business time before it is unknown",
    )
    inbox: str = Field(description="Folder of the senders' files; $CFS_… variables are filled in")
    fiscal_year_start_month: int = Field(default=1, ge=1, le=12)
    owner: str | None = None
    own_brands: tuple[str, ...] = ()
    sessions: Sessions = Sessions()
    touchpoint_types: tuple[TouchpointType, ...] = Field(
        default=(),
        description="Built-in kinds of contact that the company sees otherwise, and its own",
    )
    journeys: Journeys = Journeys()
    attribution: Attribution = Attribution()
    identity: Identity = Identity()
    contacts: Contacts = Contacts()
    in_market: InMarket = InMarket()
    customer_value: CustomerValue = CustomerValue()
    markets: tuple[Market, ...] = ()
    fx: tuple[FxRate, ...] = ()
    channels: tuple[Channel, ...] = ()
    campaign_targets: tuple[CampaignTarget, ...] = ()
    channel_rules: tuple[ChannelRule, ...] = ()
    leads: Leads = Leads()
    funnel: Funnel = Funnel()
    lead_stages: tuple[LeadStage, ...] = ()
    opportunity_stages: tuple[OpportunityStage, ...] = ()
    ticket_statuses: tuple[TicketStatus, ...] = Field(
        default=(),
        description="What ticket statuses mean; clocks stand still while a ticket is waiting or "
        "on hold. A system without any is read by its words: closed, solved, or open",
    )
    service: Service = Field(default=Service(), description="How service is read")
    sla: tuple[SlaCommitment, ...] = ()
    counts: tuple[DepartmentCount, ...] = Field(
        default=USUAL_COUNTS,
        description="How departments count leads where they send no lists of their own",
    )
    trust: SourceTrust = SourceTrust()
    automation_users: tuple[str, ...] = Field(
        default=(),
        description="Users of the CRM that are programs: regular expressions that match the whole "
        "code, name or e-mail of a user, whatever the case. What lies with them waits for a person",
    )
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
        if self.calendar_start_date and self.calendar_start_date > self.start_date:
            raise ValueError("calendar_start_date is after start_date")
        _unique("markets", (m.code for m in self.markets))
        _unique("channels", (c.code for c in self.channels))
        _unique("touchpoint_types", (t.type for t in self.touchpoint_types))
        _unique("distributors", (d.code for d in self.distributors))
        _unique("fx", ((f.currency, f.valid_from) for f in self.fx))
        _unique("sla", ((s.code, s.version) for s in self.sla))
        _unique("counts", ((c.department, m) for c in self.counts for m in c.measures))
        for count in self.counts:
            count.zone(self.time_zone)
        _unique("lead_stages", ((s.system, s.status) for s in self.lead_stages))
        _unique(
            "ticket_statuses",
            ((s.system.lower(), s.status.strip().lower()) for s in self.ticket_statuses),
        )
        _unique("opportunity_stages", ((s.system, s.stage_name) for s in self.opportunity_stages))
        _unique(
            "campaign_targets",
            ((t.campaign, t.metric, t.start_date) for t in self.campaign_targets),
        )
        _unique("shops", ((s.system, n) for s in self.shops for n in s.source_names))
        for distributor in self.distributors:
            _unique(
                f"distributors.{distributor.code}", (r.valid_from for r in distributor.relations)
            )
        codes = {channel.code for channel in self.channels}
        unknown = sorted({rule.channel for rule in self.channel_rules} - codes)
        if unknown:
            raise ValueError(f"channel_rules name channels {unknown}, which `channels` lacks")
        check_agreement(self.sla, (m.code for m in self.markets), codes)
        return self

    @field_validator("automation_users")
    @classmethod
    def _are_patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(check_regex(pattern).pattern for pattern in value)


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

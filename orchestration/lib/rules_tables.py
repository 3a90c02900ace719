"""A company's rules as tables that the models read: `rules/<company>/<table>.parquet`.

Belongs here: turning company.yaml into rows, among them holidays and business hours in UTC.
Doesn't belong here: validating company.yaml (see `companies`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import duckdb

from orchestration.lib.calendars import all_hours, business_hours, company_holidays
from orchestration.lib.commitment_rules import SlaCommitment
from orchestration.lib.companies import Company, CompanyError
from orchestration.lib.company_rules import GoldenField, RecordType
from orchestration.lib.count_rules import count_rows
from orchestration.lib.settings import Settings
from orchestration.lib.tables import write_rows
from orchestration.lib.touchpoint_rules import types_of_contact

FOREVER = date(9999, 12, 31)
ALWAYS = date(1900, 1, 1)

TABLES: dict[str, dict[str, str]] = {
    "company": {
        "company_name": "VARCHAR",
        "title": "VARCHAR",
        "currency_code": "VARCHAR",
        "time_zone": "VARCHAR",
        "start_date": "DATE",
        "end_date": "DATE",
        "fiscal_year_start_month": "INTEGER",
        "session_timeout_minutes": "INTEGER",
        "session_ends_with_campaign": "BOOLEAN",
        "session_ends_at_midnight": "BOOLEAN",
        "machine_browser_pattern": "VARCHAR",
        "machine_min_events": "INTEGER",
        "machine_events_per_second": "DOUBLE",
        "internal_traffic_pattern": "VARCHAR",
        "journey_lapse_days": "INTEGER",
        "journey_lookback_days": "INTEGER",
        "journey_stall_days": "INTEGER",
        "journey_repeat_contact_days": "INTEGER",
        "journey_first_steps": "INTEGER",
        "identity_max_records": "INTEGER",
        "identity_max_moved_pct": "DOUBLE",
        "referral_code_pattern": "VARCHAR",
        "acquisition_campaign_pattern": "VARCHAR",
        "recent_purchase_days": "INTEGER",
        "linked_purchase_days": "INTEGER",
        "lead_duplicate_days": "INTEGER",
        "lead_deal_margin_pct": "DOUBLE",
    },
    "in_market": {
        "horizon_days": "INTEGER",
        "backtest_weeks": "INTEGER",
        "training_weeks": "INTEGER",
        "max_rows": "INTEGER",
        "min_conversions": "INTEGER",
        "response_days": "INTEGER",
        "opt_out_days": "INTEGER",
        "frequency_days": "INTEGER",
    },
    "funnel": {"min_ended_count": "INTEGER", "backtest_months": "INTEGER"},
    "age_band": {
        "band_number": "INTEGER",
        "age_band": "VARCHAR",
        "from_days": "INTEGER",
        "to_days": "INTEGER",
    },
    "customer_value": {
        "model": "VARCHAR",
        "horizon_months": "INTEGER",
        "discount_pct_year": "DOUBLE",
        "holdout_days": "INTEGER",
        "min_customers": "INTEGER",
        "max_customers": "INTEGER",
        "fitted_months": "INTEGER",
        "tested_months": "INTEGER",
        "medium_churn_risk_pct": "DOUBLE",
        "high_churn_risk_pct": "DOUBLE",
    },
    "survivorship": {"field": "VARCHAR", "record_type": "VARCHAR", "trust": "INTEGER"},
    "own_brand": {"brand": "VARCHAR"},
    "free_mail_domain": {"domain": "VARCHAR"},
    "market": {
        "market_code": "VARCHAR",
        "market_name": "VARCHAR",
        "time_zone": "VARCHAR",
        "currency_code": "VARCHAR",
        "language": "VARCHAR",
        "dialling_code": "VARCHAR",
    },
    "market_alias": {"alias": "VARCHAR", "market_code": "VARCHAR"},
    "holiday": {"market_code": "VARCHAR", "holiday_date": "DATE", "holiday_name": "VARCHAR"},
    "business_hours": {
        "market_code": "VARCHAR",
        "work_date": "DATE",
        "opens_at": "TIMESTAMP",
        "closes_at": "TIMESTAMP",
    },
    "fx_rate": {
        "currency_code": "VARCHAR",
        "valid_from": "DATE",
        "valid_to": "DATE",
        "rate": "DOUBLE",
    },
    "channel": {
        "channel_code": "VARCHAR",
        "channel_name": "VARCHAR",
        "ownership": "VARCHAR",
        "medium": "VARCHAR",
        "department": "VARCHAR",
        "default_intent": "VARCHAR",
        "default_stage": "VARCHAR",
        "lookback_days": "INTEGER",
    },
    "touchpoint_type": {
        "touchpoint_type": "VARCHAR",
        "touchpoint_type_name": "VARCHAR",
        "description": "VARCHAR",
        "department": "VARCHAR",
        "default_intent": "VARCHAR",
        "default_stage": "VARCHAR",
        "initiated_by": "VARCHAR",
        "is_engagement": "BOOLEAN",
        "defined_by": "VARCHAR",
    },
    "conversion_rule": {
        "conversion_type": "VARCHAR",
        "ends_journey": "BOOLEAN",
        "lookback_days": "INTEGER",
    },
    "journey_start_stage": {"stage": "VARCHAR"},
    "attribution_rule": {
        "first_weight": "DOUBLE",
        "last_weight": "DOUBLE",
        "half_life_days": "DOUBLE",
        "markov_order": "INTEGER",
    },
    "campaign_target": {
        "campaign_code": "VARCHAR",
        "metric": "VARCHAR",
        "target": "DOUBLE",
        "start_date": "DATE",
        "end_date": "DATE",
    },
    "channel_rule": {
        "rule_order": "INTEGER",
        "system": "VARCHAR",
        "source_pattern": "VARCHAR",
        "medium_pattern": "VARCHAR",
        "campaign_pattern": "VARCHAR",
        "channel_code": "VARCHAR",
    },
    "lead_stage": {
        "system": "VARCHAR",
        "status": "VARCHAR",
        "stage": "VARCHAR",
        "is_paused": "BOOLEAN",
    },
    "opportunity_stage": {"system": "VARCHAR", "stage_name": "VARCHAR", "stage": "VARCHAR"},
    "ticket_status": {
        "system": "VARCHAR",
        "status": "VARCHAR",
        "state": "VARCHAR",
        "is_paused": "BOOLEAN",
    },
    "service": {
        "contradiction_days": "INTEGER",
        "repeat_contact_days": "INTEGER",
        "conversation_days": "INTEGER",
    },
    "sla_commitment": {
        "commitment_code": "VARCHAR",
        "version": "INTEGER",
        "valid_from": "DATE",
        "valid_to": "DATE",
        "owed_by": "VARCHAR",
        "owed_to": "VARCHAR",
        "kind": "VARCHAR",
        "measure": "VARCHAR",
        "start_event": "VARCHAR",
        "end_event": "VARCHAR",
        "end_count": "INTEGER",
        "fulfilled_by": "VARCHAR",
        "required_fields": "VARCHAR",
        "target_minutes": "INTEGER",
        "target_pct": "DOUBLE",
        "target_count": "INTEGER",
        "target_amount": "DOUBLE",
        "clock": "VARCHAR",
        "calendar": "VARCHAR",
        "pauses": "BOOLEAN",
        "markets": "VARCHAR",
        "lead_sources": "VARCHAR",
        "channels": "VARCHAR",
        "min_score": "INTEGER",
        "description": "VARCHAR",
    },
    "department_count": {
        "department": "VARCHAR",
        "measure": "VARCHAR",
        "dated_by": "VARCHAR",
        "time_zone": "VARCHAR",
        "as_of": "VARCHAR",
        "has_duplicates": "BOOLEAN",
        "has_merged": "BOOLEAN",
        "has_deleted": "BOOLEAN",
        "has_inferred": "BOOLEAN",
    },
    "source_trust": {
        "max_rejected_pct": "DOUBLE",
        "max_duplicate_pct": "DOUBLE",
        "max_late_pct": "DOUBLE",
        "late_after_days": "INTEGER",
        "max_days_behind": "INTEGER",
        "min_complete_pct": "DOUBLE",
        "max_unmapped_pct": "DOUBLE",
    },
    "automation_user": {"pattern": "VARCHAR"},
    "distributor": {
        "distributor_code": "VARCHAR",
        "distributor_name": "VARCHAR",
        "distributor_type": "VARCHAR",
        "market_code": "VARCHAR",
        "gln": "VARCHAR",
        "relation": "VARCHAR",
        "valid_from": "DATE",
        "valid_to": "DATE",
    },
    "shop": {
        "store_code": "VARCHAR",
        "store_name": "VARCHAR",
        "store_type": "VARCHAR",
        "system": "VARCHAR",
        "source_name": "VARCHAR",
    },
}

Row = dict[str, Any]


def write_rules(settings: Settings, company: Company) -> list[Path]:
    """Write the tables whose rows or columns changed; returns their files."""
    folder = settings.station("rules")
    folder.mkdir(parents=True, exist_ok=True)
    changed = {}
    for table, rows in rule_rows(company).items():
        body = json.dumps([TABLES[table], rows], default=str)
        digest = hashlib.sha256(body.encode()).hexdigest()
        marker = folder / f".{table}.sha256"
        same = marker.exists() and marker.read_text(encoding="utf-8") == digest
        if not same or not (folder / f"{table}.parquet").exists():
            changed[table] = (rows, marker, digest)
    if changed:
        with duckdb.connect() as connection:
            for table, (rows, marker, digest) in changed.items():
                write_rows(connection, rows, TABLES[table], folder / f"{table}.parquet")
                marker.write_text(digest, encoding="utf-8")
    return [folder / f"{table}.parquet" for table in sorted(changed)]


def rule_rows(company: Company) -> dict[str, list[Row]]:
    """Rows of every table; keys are in the order of the table's columns."""
    holidays = {market.code: company_holidays(company, market) for market in company.markets}
    values: dict[str, list[tuple[Any, ...]]] = {
        "company": [_company(company)],
        "in_market": [tuple(dict(company.in_market).values())],
        "funnel": [(company.funnel.min_ended, company.funnel.backtest_months)],
        "age_band": age_bands(company.funnel.age_band_days),
        "customer_value": [tuple(dict(company.customer_value).values())],
        "survivorship": _survivorship(company),
        "own_brand": [(brand,) for brand in company.own_brands],
        "free_mail_domain": [(d.lower(),) for d in company.identity.free_mail_domains],
        "market": [
            (m.code, m.name, m.time_zone, m.currency, m.language, m.dialling_code)
            for m in company.markets
        ],
        "market_alias": _aliases(company),
        "holiday": [
            (code, day, name)
            for code, days in holidays.items()
            for day, name in sorted(days.items())
        ],
        "business_hours": [
            *(row for m in company.markets for row in business_hours(company, m)),
            *all_hours(),
        ],
        "fx_rate": _fx_rates(company),
        "channel": [tuple(dict(c).values()) for c in company.channels],
        "touchpoint_type": [
            tuple(vars(kind).values()) for kind in types_of_contact(company.touchpoint_types)
        ],
        "conversion_rule": [tuple(dict(c).values()) for c in company.journeys.conversions],
        "journey_start_stage": [(stage,) for stage in company.journeys.start_stages],
        "attribution_rule": [
            (
                company.attribution.position_weights.first,
                company.attribution.position_weights.last,
                company.attribution.half_life_days,
                company.attribution.markov_order,
            )
        ],
        "campaign_target": [tuple(dict(t).values()) for t in company.campaign_targets],
        "channel_rule": [
            (order, r.system, r.source, r.medium, r.campaign, r.channel)
            for order, r in enumerate(company.channel_rules, start=1)
        ],
        "lead_stage": [tuple(dict(s).values()) for s in company.lead_stages],
        "opportunity_stage": [
            (s.system, s.stage_name, s.stage) for s in company.opportunity_stages
        ],
        "ticket_status": [
            (s.system, s.status, s.state, s.state in ("waiting", "on_hold"))
            for s in company.ticket_statuses
        ],
        "service": [tuple(dict(company.service).values())],
        "source_trust": [tuple(dict(company.trust).values())],
        "department_count": count_rows(company.counts, company.time_zone),
        "sla_commitment": [_commitment(s) for s in company.sla],
        "automation_user": [(pattern,) for pattern in company.automation_users],
        "distributor": _distributors(company),
        "shop": [
            (s.code, s.name, s.type, s.system, name)
            for s in company.shops
            for name in s.source_names
        ],
    }
    return {
        table: [dict(zip(columns, row, strict=True)) for row in values[table]]
        for table, columns in TABLES.items()
    }


def _company(company: Company) -> tuple[Any, ...]:
    return (
        company.name,
        company.title,
        company.currency,
        company.time_zone,
        company.start_date,
        company.last_date,
        company.fiscal_year_start_month,
        *dict(company.sessions).values(),
        company.journeys.lapse_days,
        company.journeys.lookback_days,
        company.journeys.stall_days,
        company.journeys.repeat_contact_days,
        company.journeys.first_steps,
        company.identity.max_records_per_identifier,
        company.identity.max_moved_pct,
        company.identity.referral_code,
        company.contacts.acquisition_campaigns,
        company.contacts.recent_purchase_days,
        company.contacts.linked_purchase_days,
        company.leads.duplicate_days,
        company.leads.deal_margin_pct,
    )


def age_bands(ends: Sequence[int]) -> list[tuple[int, str, int, int | None]]:
    """Bands of age in days: number, name, first day, first day after it; the last has no end."""
    begins = (0, *ends)
    names = [*(f"{a} to {b - 1} days" for a, b in pairwise(begins)), f"{begins[-1]} days and more"]
    return [
        (number, name, begin, end)
        for number, (name, begin, end) in enumerate(
            zip(names, begins, (*ends, None), strict=True), start=1
        )
    ]


def _commitment(commitment: SlaCommitment) -> tuple[Any, ...]:
    """The commitment's keys, with what is measured said; lists are joined by ' > '."""
    values = dict(commitment) | {"measure": commitment.measured, "code": commitment.code}
    return tuple(
        (" > ".join(value) or None) if isinstance(value, tuple) else value
        for value in values.values()
    )


def _survivorship(company: Company) -> list[tuple[str, str, int]]:
    """How far each kind of record is believed, by field; the highest trust wins, 0 to all: newest.

    Kinds of record that a field's rule does not list follow those that it does.
    """
    kinds = get_args(RecordType)
    rows = []
    for field in get_args(GoldenField):
        rule = company.identity.survivorship.get(field, ())
        if rule == "newest":
            rows += [(field, kind, 0) for kind in kinds]
            continue
        order = [*rule, *(kind for kind in kinds if kind not in rule)]
        rows += [(field, kind, len(order) - place) for place, kind in enumerate(order)]
    return rows


def _aliases(company: Company) -> list[tuple[str, str]]:
    """Every way to write a market, its code and name among them; one market per alias."""
    found: dict[str, str] = {}
    for market in company.markets:
        for alias in (market.code, market.name, *market.aliases):
            code = found.setdefault(alias.strip().lower(), market.code)
            if code != market.code:
                raise CompanyError(
                    f"company.yaml: {alias!r} is an alias of markets {code} and {market.code}; "
                    "keep one of them."
                )
    return sorted(found.items())


def _fx_rates(company: Company) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = [(company.currency, ALWAYS, FOREVER, 1.0)]
    for currency in sorted({fx.currency for fx in company.fx} - {company.currency}):
        rates = sorted(
            (fx for fx in company.fx if fx.currency == currency), key=lambda fx: fx.valid_from
        )
        ends = [fx.valid_from for fx in rates[1:]] + [FOREVER]
        rows += [
            (currency, fx.valid_from, end, fx.rate) for fx, end in zip(rates, ends, strict=True)
        ]
    return rows


def _distributors(company: Company) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for d in company.distributors:
        relations = sorted(d.relations, key=lambda relation: relation.valid_from)
        ends = [relation.valid_from for relation in relations[1:]] + [FOREVER]
        rows += [
            (d.code, d.name, d.type, d.country, d.gln, relation.relation, relation.valid_from, end)
            for relation, end in zip(relations, ends, strict=True)
        ]
    return rows

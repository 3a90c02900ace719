"""Builds the sample company's world on one connection and has every system write its files."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from orchestration.sample import (
    business_time, campaigns, chance, conversations, distributor, ga4, journeys, klaviyo, leads, mess, people, products, records,
    salesforce_people, salesforce_sales, salesforce_service, service, shopify, stores, truth,
)  # fmt: skip
from orchestration.sample.files import Outbox
from orchestration.sample.parameters import Calendar, Parameters


def generate(
    out: Path,
    params: Parameters,
    calendar: Calendar,
    say: Callable[[str], None] = lambda text: None,
    threads: int = 2,
) -> dict[str, int]:
    """Write all files below `out`, and the truth to `out/truth`; returns rows by source table."""
    started = time.monotonic()
    con = chance.connect(params.seed, threads=threads)
    outbox = Outbox(out, calendar)
    outbox.prepare(con)
    rules = business_time.sample_rules()
    steps: list[tuple[str, Callable[[], object]]] = [
        ("products", lambda: products.build(con, params)),
        ("stores", lambda: stores.build(con, params)),
        ("people", lambda: people.build(con, params, calendar)),
        ("journeys", lambda: journeys.build(con, params, calendar)),
        ("records", lambda: records.build(con, params, calendar)),
        (
            "campaigns",
            lambda: (campaigns.create_macros(con), campaigns.build(con, params, calendar)),
        ),
        ("calendars", lambda: business_time.build(con, calendar, rules)),
        (
            "leads",
            lambda: (
                leads.build_employees(con, params),
                leads.create_macros(con),
                leads.create_wait_macro(con),
                leads.build(con, params, calendar, rules),
            ),
        ),
        ("orders", lambda: shopify.build(con, params, calendar)),
        ("service", lambda: service.build(con, params, calendar)),
        (
            "contacts",
            lambda: (
                salesforce_people.create_macros(con),
                salesforce_people.build_contacts(con, params, calendar),
            ),
        ),
        ("e-mails", lambda: klaviyo.build(con, params, calendar)),
        ("files of ads", lambda: campaigns.write(con, outbox, calendar)),
        ("files of the web site", lambda: ga4.write(con, outbox, params, calendar)),
        ("files of the shop", lambda: shopify.write(con, outbox, params, calendar)),
        ("files of e-mail", lambda: klaviyo.write(con, outbox, params, calendar)),
        (
            "files of social and mailings",
            lambda: conversations.write(con, outbox, params, calendar),
        ),
        (
            "files of sales",
            lambda: (
                salesforce_people.write(con, outbox, params, calendar),
                salesforce_sales.write(con, outbox, params, calendar),
            ),
        ),
        ("files of service", lambda: salesforce_service.write(con, outbox, params, calendar)),
        ("planted faults", lambda: mess.plant(con, outbox)),
        ("files of distributors", lambda: distributor.write(con, out, params, calendar)),
        ("truth", lambda: truth.write(con, out / "truth", params, calendar, rules)),
    ]
    for name, step in steps:
        begun = time.monotonic()
        step()
        say(f"{time.monotonic() - started:6.1f} s  {name} ({time.monotonic() - begun:.1f} s)")
    counts = con.execute(
        "select source || '.' || source_table, sum(row_count) from written_file group by 1 order by 1"
    ).fetchall()
    con.close()
    return {name: int(rows) for name, rows in counts}

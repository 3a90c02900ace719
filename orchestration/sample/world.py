"""Builds the sample company's world on one connection and has every system write its files."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.lib.companies import Company
from orchestration.sample import (
    answers,
    business_time,
    campaigns,
    chance,
    changes,
    conversations,
    counts,
    distributor,
    ga4,
    journeys,
    klaviyo,
    leads,
    mess,
    people,
    products,
    records,
    referrals,
    salesforce_people,
    salesforce_sales,
    salesforce_service,
    service,
    shopify,
    store_app,
    stores,
    threads,
    truth,
)
from orchestration.sample.files import Outbox
from orchestration.sample.parameters import Calendar, Parameters


@dataclass(frozen=True)
class World:
    """One world: its connection, numbers, days, rules, and where its files go."""

    con: duckdb.DuckDBPyConnection
    params: Parameters
    calendar: Calendar
    rules: Company
    outbox: Outbox

    def build(self) -> Iterator[str]:
        """Create what is true, step by step; yields the name of each step done."""
        con, params, calendar = self.con, self.params, self.calendar
        products.build(con, params)
        stores.build(con, params)
        yield "products and stores"
        people.build(con, params, calendar)
        changes.build(con, params, calendar)
        records.build(con, params)
        referrals.build(con, params, calendar)
        yield "people"
        journeys.build(con, params, calendar)
        store_app.build(con, params)
        yield "journeys"
        campaigns.create_macros(con)
        campaigns.build(con, params, calendar)
        klaviyo.build(con, params, calendar)
        yield "campaigns and e-mails"
        business_time.build(con, calendar, self.rules)
        leads.build_employees(con, params)
        leads.create_macros(con)
        leads.build(con, params, calendar, self.rules)
        yield "leads"
        referrals.create_codes(con, params)
        shopify.build(con, params, calendar)
        service.build(con, params, calendar)
        threads.build(con, params, calendar)
        answers.build(con, params, calendar)
        salesforce_people.create_macros(con)
        salesforce_people.build_contacts(con, params, calendar)
        yield "orders, cases and contacts"

    def write(self) -> Iterator[str]:
        """Write every file, then the truth; yields the name of each step done."""
        con, params, calendar, outbox = self.con, self.params, self.calendar, self.outbox
        campaigns.write(con, outbox, calendar)
        yield "files of ads"
        ga4.write(con, outbox, params, calendar)
        yield "files of the web site"
        shopify.write(con, outbox, params, calendar)
        yield "files of the shop"
        klaviyo.write(con, outbox, params, calendar)
        yield "files of e-mail"
        conversations.write(con, outbox, params, calendar)
        store_app.write(con, outbox, params)
        yield "files of social, mailings and store visits"
        salesforce_people.write(con, outbox, params, calendar)
        salesforce_sales.write(con, outbox, params, calendar)
        salesforce_service.write(con, outbox, params, calendar)
        counts.write(con, outbox.folder, calendar)
        yield "files of the CRM and of departments"
        mess.plant(con, outbox)
        distributor.write(con, outbox.folder, params, calendar)
        yield "files of distributors"
        truth.write(con, outbox.folder / "truth", params, calendar, self.rules)
        yield "truth"


def generate(
    out: Path,
    params: Parameters,
    calendar: Calendar,
    say: Callable[[str], None] = lambda text: None,
    threads: int = 2,
    memory: str = "6GB",
) -> dict[str, int]:
    """Write all files below `out`, and the truth to `out/truth`; returns rows by source table.

    memory: what the engine may hold before it spills to the system's temporary folder.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cfs_sample_") as spill:
        con = chance.connect(params.seed, threads, memory, spill)
        outbox = Outbox(out, calendar)
        outbox.prepare(con)
        world = World(con, params, calendar, business_time.sample_rules(), outbox)
        for steps in (world.build(), world.write()):
            for name in steps:
                say(f"{time.monotonic() - started:6.1f} s  {name}")
        counts = con.execute(
            "select source || '.' || source_table, sum(row_count) from written_file "
            "group by 1 order by 1"
        ).fetchall()
        con.close()
    return {name: int(rows) for name, rows in counts}

"""Tables as connectors land them: those of HubSpot, Zendesk and Salesforce that are published.

They hold few rows, many of which name nobody else; what they tell is counted anew with pandas.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from main_job import HUB_AND_DESK, MainJob

from orchestration.lib.bronze import export_manifest
from orchestration.lib.companies import load_company
from orchestration.lib.dbt_sources import write_empty_bronze
from orchestration.lib.feeds import parse_feed
from orchestration.lib.ingest import ingest_feed
from orchestration.lib.layouts import load_layouts
from orchestration.lib.rules_tables import write_rules
from orchestration.lib.settings import Settings

MODELS = (
    "+int_lead__ticket_states_taken",
    "+int_lead__leads_unioned",
    "+int_lead__messages_unioned",
)
SALESFORCE = {
    "account": "sf_account",
    "contact": "sf_contact",
    "event": "sf_event",
    "lead": "sf_lead",
    "opportunity": "sf_opportunity",
    "opportunity_history": "sf_opportunity_history",
    "task": "sf_task",
    "user": "sf_user",
}


@pytest.fixture(scope="module")
def tables(open_data_dir: Path) -> Path:
    """Folder of the published tables; skips where it is absent."""
    folder = open_data_dir / "api_tables"
    if not (folder / "dbt_hubspot").is_dir():
        pytest.skip(f"No tables of APIs in {folder}.")
    return folder


@pytest.fixture(scope="module")
def warehouse(
    tables: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Models of leads and tickets over the published tables, without the rest of the line."""
    folder = tmp_path_factory.mktemp("crm_tables")
    job = MainJob(folder / "data", tmp_path_factory.getbasetemp() / "dbt_target", str(HUB_AND_DESK))
    for name in ("dbt_hubspot", "dbt_zendesk"):
        shutil.copytree(tables / name, folder / "data" / "inbox" / "hub_and_desk" / name)
    settings, layouts = job.settings, load_layouts()
    company = load_company(settings)
    for feed in company.feeds:
        ingest_feed(settings, company, feed, layouts[feed.layout_name])
    write_empty_bronze(settings)
    write_rules(settings, company)
    export_manifest(settings)
    settings.build_path.parent.mkdir(parents=True, exist_ok=True)
    job.run("run", "--select", *MODELS, module="dbt.cli.main").succeeded()
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        connection.execute("set schema 'intermediate'")
        yield connection


def test_every_record_of_the_published_tables_stands(
    warehouse: duckdb.DuckDBPyConnection, tables: Path
) -> None:
    """Deals without a lead stand as inferred leads of their own."""
    hubspot, zendesk = tables / "dbt_hubspot", tables / "dbt_zendesk"
    sent = {
        "crm.ticket:hubspot": len(pd.read_csv(hubspot / "ticket_data.csv")),
        "crm.ticket:zendesk": len(pd.read_csv(zendesk / "ticket_data.csv")),
        "crm.lead:hubspot": len(pd.read_csv(hubspot / "contact_data.csv")),
        "crm.deal:hubspot": len(pd.read_csv(hubspot / "deal_data.csv")),
    }
    held = warehouse.execute("""
        select split_part(code, '/', 1), count(*)
        from (
            select ticket_code as code from int_lead__tickets_dated
            union all
            select lead_code from int_lead__leads_unioned
        )
        group by 1
    """).fetchall()
    assert dict(held) == sent
    deleted = (pd.read_csv(zendesk / "ticket_data.csv").status == "deleted").sum()
    gone = "select count(*) from int_lead__tickets_dated where is_deleted"
    assert warehouse.execute(gone).fetchall() == [(deleted,)]


def test_a_ticket_takes_the_statuses_of_its_history(
    warehouse: duckdb.DuckDBPyConnection, tables: Path
) -> None:
    """The one ticket whose history is whole; it waits while pending or on hold."""
    history = pd.read_csv(
        tables / "dbt_zendesk" / "ticket_field_history_data.csv", parse_dates=["updated"]
    )
    statuses = history[(history.ticket_id == 11071) & (history.field_name == "status")]
    statuses = statuses.sort_values("updated")
    lasted = (statuses.updated.shift(-1) - statuses.updated).dt.total_seconds()
    paused = lasted[statuses.value.isin(["pending", "on-hold"])].sum()
    states = warehouse.execute("""
        select status, epoch(ended_at - started_at) as seconds, is_paused
        from int_lead__ticket_states_taken
        where ticket_code = 'crm.ticket:zendesk/11071' and status is not null
        order by state_number
    """).fetchall()
    assert [row[0] for row in states] == list(statuses.value)
    assert sum(row[1] for row in states if row[2]) == paused


def test_customers_are_no_agents(warehouse: duckdb.DuckDBPyConnection, tables: Path) -> None:
    """None of the comments is by the one agent that is among the users: none is an answer."""
    users = pd.read_csv(tables / "dbt_zendesk" / "user_data.csv")
    agents = set(users[users.role != "end-user"].id)
    comments = pd.read_csv(tables / "dbt_zendesk" / "ticket_comment_data.csv")
    assert not comments.user_id.isin(agents).any()
    messages = "select count(*), count(employee_code) from int_lead__messages_unioned"
    assert warehouse.execute(messages).fetchall() == [(len(comments), 0)]
    known = warehouse.execute("""
        select employee_code from int_lead__employees_unioned
        where source_name = 'zendesk' and is_current
    """).fetchall()
    assert {code for (code,) in known} == {f"crm:zendesk/{agent}" for agent in agents}


def test_salesforce_tables_load_with_the_columns_of_a_connector(
    tables: Path, settings: Settings, tmp_path: Path
) -> None:
    """Nothing is missing that the layout requires, and every row arrives."""
    company, layouts = load_company(settings), load_layouts()
    inbox = tmp_path / "inbox"
    shutil.copytree(tables / "dbt_salesforce", inbox)
    company = company.model_copy(update={"inbox": str(inbox)})
    for table, file in SALESFORCE.items():
        layout = f"salesforce.{table.removesuffix('_history')}"
        document = {
            "type": "orchestration.components.feed.FileFeed",
            "attributes": {
                "source": "salesforce",
                "table": table,
                "layout": layout,
                "files": f"{file}_data.csv",
                "ignore_columns": ["*"],
            },
        }
        feed = parse_feed(document, inbox / "defs.yaml", 1, layouts)
        report = ingest_feed(settings, company, feed, layouts[layout])
        rows = len(pd.read_csv(inbox / f"{file}_data.csv"))
        assert [(f.status, f.rows_read, f.rows_rejected) for f in report.files] == [
            ("loaded", rows, 0)
        ], table

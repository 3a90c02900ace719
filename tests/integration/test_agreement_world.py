"""The service-level agreement on a small world worked out by hand, from a company's YAML through
every model of the agreement to Q34.

Barcelona works 09:00 to 14:00 and 15:00 to 18:00 from Monday to Friday, New York 09:00 to 17:00.
Times in comments are local, those in the tables UTC: Barcelona is one hour on in winter, two in
summer.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import pytest
from questions_asked import asked, rows

from orchestration.lib.companies import read_company
from orchestration.lib.dbt_manifest import DBT
from orchestration.lib.rules_tables import write_rules
from orchestration.lib.settings import PROJECT_ROOT, Settings

COMPANY = """
name: agreed
title: Agreed
currency: EUR
time_zone: Europe/Madrid
start_date: 2025-01-01
end_date: 2025-12-31
inbox: $CFS_DATA_DIR/inbox
markets:
  - {code: ES, name: Spain, time_zone: Europe/Madrid, currency: EUR, language: es,
     dialling_code: "34", holidays: {country: ES, subdivision: CT},
     working_hours: {mon: &day ["09:00-14:00", "15:00-18:00"], tue: *day, wed: *day, thu: *day,
                     fri: *day}}
  - {code: US, name: United States, time_zone: America/New_York, currency: EUR, language: en,
     dialling_code: "1", holidays: {country: US},
     working_hours: {mon: &us ["09:00-17:00"], tue: *us, wed: *us, thu: *us, fri: *us}}
lead_stages:
  - {system: salesforce, status: Qualified, stage: mql}
  - {system: salesforce, status: Callback, stage: mql, is_paused: true}
sla:
  - {code: attempt, version: 1, valid_from: 2025-01-01, owed_by: sales, owed_to: marketing,
     kind: lead, start_event: mql, end_event: first_attempt, target_minutes: 60, target_pct: 50,
     description: "Sales tries within an hour"}
  - {code: hotline, version: 1, valid_from: 2025-01-01, owed_by: sales, owed_to: marketing,
     kind: lead, start_event: mql, end_event: first_contact, target_minutes: 180, target_pct: 50,
     clock: calendar, lead_sources: [Hotline], description: "Three hours, day or night"}
  - {code: volume, version: 1, valid_from: 2025-01-01, owed_by: marketing, owed_to: sales,
     kind: lead, end_event: mql, target_count: 4, description: "Four leads a month"}
  - {code: quality, version: 1, valid_from: 2025-01-01, owed_by: marketing, owed_to: sales,
     kind: lead, start_event: mql, end_event: sal, target_pct: 50, description: "Half accepted"}
  - {code: complete, version: 1, valid_from: 2025-01-01, owed_by: marketing, owed_to: sales,
     kind: lead, start_event: mql, required_fields: [email, phone], target_pct: 60,
     description: "With e-mail and phone"}
  - {code: answer, version: 1, valid_from: 2025-01-01, owed_by: service, owed_to: customer,
     kind: service, start_event: ticket_opened, end_event: first_response, target_minutes: 120,
     target_pct: 90, description: "An answer within two hours"}
  - {code: won, version: 1, valid_from: 2025-01-01, owed_by: sales, owed_to: marketing,
     kind: joint, end_event: won, target_count: 1, description: "One won together"}
  - {code: revenue, version: 1, valid_from: 2025-01-01, owed_by: sales, owed_to: marketing,
     kind: joint, end_event: won, target_amount: 1000, description: "Worth a thousand"}
"""
# Lead: market, qualified at, first attempt, queue until (else Ana's from the start), source.
QUALIFIED = {
    # Friday 17:30, tried on Monday 09:31, after the clocks went forward: 30 + 31 minutes.
    "friday": ("ES", "2025-03-28 16:30", "2025-03-31 07:31", None, "Web"),
    # Thursday 17:30, tried on Tuesday 09:20: Good Friday and Easter Monday are holidays. 30 + 20.
    "holiday": ("ES", "2025-04-17 15:30", "2025-04-22 07:20", None, "Web"),
    # The night in which 02:00 became 03:00: from 01:30 to 04:00 only 90 minutes passed.
    "spring": ("ES", "2025-03-30 00:30", "2025-03-30 02:00", None, "Hotline"),
    # The night in which 03:00 became 02:00: from the first 02:30 to 04:31 there were 181.
    "autumn": ("ES", "2025-10-26 00:30", "2025-10-26 03:31", None, "Hotline"),
    # One instant: Monday 15:30 in Barcelona, 09:30 in New York; tried at Tuesday 10:00 and 04:00.
    "barcelona": ("ES", "2025-06-02 13:30", "2025-06-03 08:00", None, "Web"),
    "new_york": ("US", "2025-06-02 13:30", "2025-06-03 08:00", None, "Web"),
    # Monday 09:00; from 09:30 to Tuesday 10:00 a callback was asked for; tried at 10:20: 30 + 20.
    "paused": ("ES", "2025-07-07 07:00", "2025-07-08 08:20", None, "Web"),
    # Monday 09:00, in a queue until 10:10, tried at 10:20: 70 minutes of it the system's.
    "queued": ("ES", "2025-07-14 07:00", "2025-07-14 08:20", "2025-07-14 08:10", "Web"),
    # November. Friday 17:30, tried on Monday 09:20: 30 + 20.
    "in_time": ("ES", "2025-11-07 16:30", "2025-11-10 08:20", None, "Web"),
    # Monday 09:00, in a queue until 10:30, tried at 11:00: 120 minutes.
    "late": ("ES", "2025-11-17 08:00", "2025-11-17 10:00", "2025-11-17 09:30", "Web"),
    # Nobody tried; the same person came again two days later, and was tried after half an hour.
    "untried": ("ES", "2025-11-18 08:00", None, None, "Web"),
    "same_person": ("ES", "2025-11-20 08:00", "2025-11-20 08:30", None, "Web"),
    # Monday 09:00, recycled, qualified again a week later and tried after half an hour.
    "again": ("ES", "2025-09-01 07:00", "2025-09-08 07:30", None, "Web"),
}
STAGES = [
    *[(lead, "mql", qualified[1]) for lead, qualified in QUALIFIED.items()],
    ("again", "recycled", "2025-09-02 07:00"),
    ("again", "mql", "2025-09-08 07:00"),
    ("in_time", "sal", "2025-11-11 10:00"),
    ("in_time", "won", "2025-11-20 10:00"),
    ("untried", "rejected", "2025-11-19 10:00"),
]
ZONES = {"ES": "Europe/Madrid", "US": "America/New_York"}
AS_OF = datetime(2025, 11, 28, 18)
TABLES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "intermediate.int_lead__leads_unioned": (
        "lead_code varchar, record_id varchar, market_code varchar, calendar_code varchar, "
        "time_zone varchar, lead_source varchar, channel_system varchar, status varchar, "
        "rejection_reason varchar, score integer, is_deleted boolean, is_inferred boolean, "
        "captured_at timestamp, submitted_at timestamp, merged_into_lead_code varchar, "
        "updated_at timestamp, load_id bigint",
        [
            {"lead_code": lead, "market_code": market, "calendar_code": market,
             "time_zone": ZONES[market], "lead_source": source, "is_deleted": False,
             "is_inferred": False, "load_id": 1}
            for lead, (market, _, _, _, source) in QUALIFIED.items()
        ],
    ),
    "intermediate.int_lead__tickets_dated": (
        "ticket_code varchar, system varchar, record_id varchar, market_code varchar, "
        "calendar_code varchar, time_zone varchar, channel_system varchar, origin varchar, "
        "is_deleted boolean, created_at timestamp, updated_at timestamp, load_id bigint",
        [{"ticket_code": "ticket", "system": "salesforce", "market_code": "ES",
          "calendar_code": "ES", "time_zone": "Europe/Madrid", "is_deleted": False,
          "created_at": "2025-11-03 08:00", "load_id": 1}],
    ),
    "intermediate.int_lead__ticket_states_taken": (
        "ticket_code varchar, state_number bigint, state varchar, is_paused boolean, "
        "is_done boolean, is_time_known boolean, started_at timestamp, ended_at timestamp",
        [
            {"ticket_code": "ticket", "state_number": number, "is_paused": paused, "is_done": False,
             "is_time_known": True, "started_at": start, "ended_at": end}
            for number, paused, start, end in (
                (1, False, "2025-11-03 08:00", "2025-11-03 08:30"),
                (2, True, "2025-11-03 08:30", "2025-11-04 09:30"),
                (3, False, "2025-11-04 09:30", None),
            )
        ],
    ),
    "intermediate.int_lead__stages_entered": (
        "lead_code varchar, stage varchar, status varchar, entered_at timestamp, is_last boolean",
        [
            {"lead_code": lead, "stage": stage, "entered_at": at,
             "is_last": at == max(other[2] for other in STAGES if other[0] == lead)}
            for lead, stage, at in STAGES
        ],
    ),
    "intermediate.int_lead__statuses_taken": (
        "lead_code varchar, system varchar, source_name varchar, status varchar, "
        "taken_at timestamp, status_number bigint",
        [
            {"lead_code": "paused", "system": "salesforce", "source_name": "salesforce",
             "status": status, "taken_at": at, "status_number": number}
            for number, (status, at) in enumerate(
                [("Qualified", "2025-07-07 07:00"), ("callback", "2025-07-07 07:30"),
                 ("Qualified", "2025-07-08 08:00")]
            )
        ],
    ),
    "intermediate.int_lead__owners_assigned": (
        "subject_type varchar, subject_code varchar, owner_code varchar, is_queue boolean, "
        "is_automation boolean, department varchar, owned_from timestamp, owned_to timestamp",
        [
            {"subject_type": "lead", "subject_code": lead, "owner_code": owner,
             "is_queue": owner == "queue", "is_automation": False,
             "department": "unknown" if owner == "queue" else "sales", "owned_from": start,
             "owned_to": end}
            for lead, (_, _, _, queue, _) in QUALIFIED.items()
            for owner, start, end in (
                ("queue", "2025-01-01", queue), ("ana", queue or "2025-01-01", "9999-12-31"),
            )
            if end is not None
        ],
    ),
    "intermediate.int_lead__actions_taken": (
        "subject_type varchar, subject_code varchar, action_id varchar, occurred_at timestamp, "
        "is_attempt boolean, is_contact boolean",
        [
            {"subject_type": "lead", "subject_code": lead, "occurred_at": at, "is_attempt": True,
             "is_contact": True}
            for lead, (_, _, at, _, _) in QUALIFIED.items() if at
        ] + [
            {"subject_type": "ticket", "subject_code": "ticket", "is_attempt": True,
             "occurred_at": "2025-11-04 10:00", "is_contact": True},
        ],
    ),
    "intermediate.int_lead__duplicates_found": (
        "lead_code varchar, duplicate_of_lead_code varchar, duplicate_rule varchar",
        [{"lead_code": "same_person", "duplicate_of_lead_code": "untried"}],
    ),
    "intermediate.int_lead__deals_unioned": (
        "deal_code varchar, lead_code varchar, stage varchar, opened_at timestamp, "
        "closed_at timestamp, amount double",
        [{"deal_code": "deal", "lead_code": "in_time", "stage": "won", "amount": 800.0,
          "opened_at": "2025-11-12 10:00", "closed_at": "2025-11-20 10:00"}],
    ),
    "intermediate.int_lead__as_of": ("as_of_at timestamp", [{"as_of_at": AS_OF}]),
    "intermediate.int_channel__contact_channels": (
        "system varchar, source varchar, medium varchar, campaign varchar, channel_code varchar",
        [],
    ),
    "staging.stg_salesforce__lead_versions": (
        "record_id varchar, status varchar, rejection_reason varchar, updated_at timestamp, "
        "given_name varchar, family_name varchar, email varchar, phone varchar, "
        "mobile_phone varchar, company_name varchar, title varchar, industry varchar, "
        "market_code varchar, city varchar, lead_source varchar, campaign_code varchar, "
        "score integer",
        [
            {"record_id": lead, "updated_at": "2025-01-01", "email": "a@b.example",
             "phone": None if lead == "late" else "600"}
            for lead in QUALIFIED
        ] + [{"record_id": "late", "updated_at": "2025-11-18", "phone": "600"}],
    ),
    "staging.stg_crm__lead_versions": (
        "record_id varchar, status varchar, rejection_reason varchar, updated_at timestamp, "
        "given_name varchar, family_name varchar, email varchar, phone varchar, "
        "mobile_phone varchar, company_name varchar, industry varchar, market_code varchar, "
        "city varchar, lead_source varchar, campaign_code varchar, score integer",
        [],
    ),
    "marts.bridge_customer_identity": ("record_id varchar, customer_key bigint", []),
}  # fmt: skip
CHAIN = [
    "dim_date", "int_lead__hours_opened", "int_lead__hours_numbered", "int_lead__subjects_owed",
    "int_lead__lead_versions_dated", "int_lead__milestones_reached", "int_lead__pauses_taken",
    "int_lead__commitments_started", "int_lead__clocks_run", "int_lead__completeness_checked",
    "int_lead__holders_dated", "int_lead__clock_turns_taken", "int_lead__clock_turns_summarized",
    "int_lead__amounts_reached", "int_lead__months_spanned", "int_lead__commitments_counted",
    "dim_sla_commitment", "fct_lead_sla", "fct_sla_owner", "fct_sla_scorecard_monthly",
]  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of the agreement, made by dbt of the small world."""
    folder = tmp_path_factory.mktemp("agreed")
    (folder / "company.yaml").write_text(COMPANY, encoding="utf-8")
    environment = {
        **os.environ,
        "CFS_DATA_DIR": str(folder / "data"),
        "CFS_COMPANY": str(folder),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    settings = Settings.from_environment(environment)
    write_rules(settings, read_company(folder / "company.yaml"))
    settings.build_path.parent.mkdir(parents=True)
    with duckdb.connect(str(settings.build_path)) as connection:
        _fill(connection)
    profiles = str(PROJECT_ROOT / "dbt_project")
    result = subprocess.run(
        [str(DBT), "run", "--profiles-dir", profiles, "--select", *CHAIN],
        cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-6000:]
    with duckdb.connect(str(settings.build_path)) as connection:
        connection.execute("""
            create table marts.dim_employee as
            select distinct employee_key, employee_code
            from marts.fct_sla_owner inner join intermediate.int_lead__clock_turns_taken as turns
                on fct_sla_owner.held_from = turns.held_from
                and fct_sla_owner.held_to = turns.held_to
            where employee_code is not null
        """)
        yield connection


def _fill(connection: duckdb.DuckDBPyConnection) -> None:
    """What other models make of the CRM's records, as hand-written rows."""
    for schema in ("staging", "intermediate", "marts"):
        connection.execute(f"create schema {schema}")
    for table, (columns, written) in TABLES.items():
        connection.execute(f"create table {table} ({columns})")
        for row in written:
            names = ", ".join(f"? as {name}" for name in row)
            connection.execute(f"insert into {table} by name select {names}", list(row.values()))


def clocks(world: duckdb.DuckDBPyConnection, code: str) -> dict[Any, tuple[Any, ...]]:
    """Status, minutes, paused minutes and due time of a commitment's clocks, by record."""
    found = rows(
        world,
        f"""
        select subject_code || case cycle_number when 1 then '' else ' ' || cycle_number end,
            fct_lead_sla.status, fct_lead_sla.business_minutes,
            fct_lead_sla.paused_business_minutes, strftime(fct_lead_sla.due_at, '%m-%d %H:%M')
        from marts.fct_lead_sla
        inner join marts.dim_sla_commitment using (sla_commitment_key)
        inner join intermediate.int_lead__clocks_run as clocks
            using (started_at, due_at, commitment_code, cycle_number, calendar_code)
        where commitment_code = '{code}'
        """,
    )
    return {subject: tuple(told) for subject, *told in found}


def test_clocks_run_in_working_hours(world: duckdb.DuckDBPyConnection) -> None:
    told = clocks(world, "attempt")
    assert told["friday"] == ("breached", 61, 0, "03-31 07:30")
    assert told["holiday"] == ("met", 50, 0, "04-22 07:30")
    assert told["barcelona"] == ("breached", 150 + 60, 0, "06-02 14:30")
    assert told["new_york"] == ("breached", 450, 0, "06-02 14:30")
    assert told["spring"] == ("met", 0, 0, "03-31 08:00"), "a Sunday, which counts for nothing"


def test_pauses_stop_clocks(world: duckdb.DuckDBPyConnection) -> None:
    """Paused: the lead 270 + 180 + 60 working minutes, the ticket 270 + 180 + 90."""
    assert clocks(world, "attempt")["paused"] == ("met", 50, 510, "07-08 08:30")
    assert clocks(world, "answer") == {"ticket": ("met", 60, 540, "11-04 11:00")}


def test_nights_of_the_time_change_are_as_long_as_they_were(
    world: duckdb.DuckDBPyConnection,
) -> None:
    assert clocks(world, "hotline") == {
        "spring": ("met", 90, 0, "03-30 03:30"),
        "autumn": ("breached", 181, 0, "10-26 03:30"),
    }


def test_a_lead_that_comes_back_starts_anew(world: duckdb.DuckDBPyConnection) -> None:
    """The first time nobody tried for a week of five days, 8 hours each."""
    told = clocks(world, "attempt")
    assert told["again"] == ("breached", 5 * 480, 0, "09-01 08:00")
    assert told["again 2"] == ("met", 30, 0, "09-08 08:00")


def test_delay_of_systems_stands_apart(world: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        world,
        """
        select subject_code, system_business_minutes, human_business_minutes, turn_count,
            breach_owner_type
        from marts.fct_lead_sla inner join intermediate.int_lead__clocks_run as clocks
            using (started_at, due_at, calendar_code)
        where commitment_code = 'attempt' and subject_code in ('queued', 'late', 'untried')
        order by started_at
        """,
    )
    # Untried until Friday the 28th 18:00, 19:00 there: nine days of 8 hours.
    assert told == [
        ("queued", 70, 10, 2, "system"),
        ("late", 90, 30, 2, "system"),
        ("untried", 0, 9 * 480, 1, "person"),
    ]


def test_q34_tells_november(world: duckdb.DuckDBPyConnection) -> None:
    """Nobody's month is over on the 28th: what can still be reached is not judged."""
    told = {
        row["commitment_code"]: (
            row["side"], row["is_attained"], row["attainment_pct"], row["started"], row["met"],
            row["breached"], row["running"], row["reached"], row["who_answers"],
        )
        for row in asked(world, "q34")
    }  # fmt: skip
    assert told == {
        "complete": ("marketing", True, 75.0, 4, 3, 1, 0, None, "marketing (1)"),
        "quality": ("marketing", None, 33.3, 3, 1, 0, 2, None, None),
        "volume": ("marketing", None, 75.0, 0, 0, 0, 0, 3, None),
        "attempt": ("sales", True, 50.0, 4, 2, 2, 0, None, "sales: ana (1), system (1)"),
        "hotline": ("sales", None, None, 0, 0, 0, 0, None, None),
        "won": ("joint", True, 100.0, 0, 0, 0, 0, 1, None),
        "revenue": ("joint", None, 80.0, 0, 0, 0, 0, 800, None),
        "answer": ("service", True, 100.0, 1, 1, 0, 0, None, None),
    }

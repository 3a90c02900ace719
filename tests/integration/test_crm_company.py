"""A company that keeps leads in HubSpot and tickets in Zendesk, adopted by feeds alone.

The rows are written by hand (fixtures/hub_and_desk/inbox), in the shapes in which connectors land
these systems. What is expected was worked out by hand: Madrid and New York work from 9 to 17, on
Mondays to Fridays.
"""

from __future__ import annotations

import shutil
from datetime import datetime

import pytest
from main_job import HUB_AND_DESK, MainJob


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> MainJob:
    """The company after a run of the main job on its files."""
    folder = tmp_path_factory.mktemp("hub_and_desk")
    job = MainJob(folder / "data", tmp_path_factory.getbasetemp() / "dbt_target", str(HUB_AND_DESK))
    shutil.copytree(HUB_AND_DESK / "inbox", folder / "data" / "inbox" / "hub_and_desk")
    job.run().succeeded()
    return job


def at(text: str) -> datetime:
    """A moment of 2025 in UTC, written as month-day hour:minute."""
    return datetime.strptime(f"2025-{text}", "%Y-%m-%d %H:%M")


def lead(number: int) -> str:
    """Code of a lead."""
    return f"crm.lead:hubspot/{number}"


def ticket(number: int) -> str:
    """Code of a ticket."""
    return f"crm.ticket:zendesk/{number}"


def test_leads_enter_the_stages_that_their_history_tells(company: MainJob) -> None:
    entries = company.ask("""
        select leads.lead_id, entries.stage, entries.entered_at
        from marts.fct_lead_stage as entries
        inner join marts.fct_lead as leads using (lead_key)
        order by leads.lead_id, entries.entry_number
    """)
    assert entries == [
        (lead(1), "captured", at("03-03 08:30")),
        (lead(1), "engaged", at("03-03 09:00")),
        (lead(1), "mql", at("03-03 10:00")),
        (lead(1), "sql", at("03-05 10:00")),
        (lead(1), "opportunity", at("03-06 09:00")),
        (lead(1), "won", at("03-20 15:00")),
        (lead(2), "captured", at("03-07 15:30")),
        (lead(2), "mql", at("03-07 15:30")),
        (lead(2), "rejected", at("03-12 09:00")),
        (lead(3), "captured", at("03-10 09:00")),
        (lead(3), "mql", at("03-10 09:00")),
        (lead(4), "captured", at("03-04 10:00")),
        (lead(5), "captured", at("03-28 16:30")),
        (lead(5), "mql", at("03-28 16:30")),
        (lead(5), "opportunity", at("04-02 09:00")),
    ]


def test_leads_have_the_deals_that_links_name_and_merged_ones_count_once(
    company: MainJob,
) -> None:
    leads = company.ask("""
        select lead_id, is_counted, deal_count, won_amount, open_amount, rejection_reason
        from marts.fct_lead order by lead_id
    """)
    assert leads == [
        (lead(1), True, 1, 1200.0, None, None),
        (lead(2), True, 0, None, None, "no budget"),
        (lead(3), True, 0, None, None, None),
        (lead(4), False, 0, None, None, None),
        (lead(5), True, 1, None, 300.0, None),
    ]


def test_a_call_without_answer_is_an_attempt_and_a_reply_a_contact(company: MainJob) -> None:
    leads = company.ask("""
        select lead_id, first_attempt_at, first_contact_at
        from marts.fct_lead where first_attempt_at is not null order by lead_id
    """)
    assert leads == [
        (lead(1), at("03-03 11:00"), at("03-04 09:00")),
        (lead(2), at("03-10 08:30"), at("03-10 10:00")),
        (lead(5), at("03-31 07:30"), at("03-31 07:30")),
    ]


def test_clocks_run_in_working_hours(company: MainJob) -> None:
    """Friday 16:30 to Monday 9:30 is an hour; so is it over the night of the time change."""
    clocks = company.ask("""
        select leads.lead_id, clocks.status, clocks.business_minutes::double
        from marts.fct_lead_sla as clocks
        inner join marts.dim_sla_commitment using (sla_commitment_key)
        inner join marts.fct_lead as leads using (lead_key)
        where commitment_code = 'first_attempt' and clocks.status = 'met'
        order by leads.lead_id
    """)
    assert clocks == [(lead(1), "met", 60.0), (lead(2), "met", 60.0), (lead(5), "met", 30.0)]
    never = company.ask("""
        select leads.lead_id, clocks.status
        from marts.fct_lead_sla as clocks
        inner join marts.dim_sla_commitment using (sla_commitment_key)
        inner join marts.fct_lead as leads using (lead_key)
        where commitment_code = 'first_attempt' and clocks.status <> 'met'
    """)
    assert never == [(lead(3), "breached")]


def test_tickets_are_answered_by_agents_only(company: MainJob) -> None:
    """A note is no answer. The second ticket goes by New York's hours: opened at 8:30 there."""
    tickets = company.ask("""
        select ticket_id, is_counted, market_code, first_response_at,
            waited_business_minutes::double, answer_count, customer_message_count, csat_score
        from marts.fct_ticket where ticket_id <> 'crm.ticket:zendesk/1003' order by ticket_id
    """)
    assert [row[:-1] for row in tickets[:2]] == [
        (ticket(1001), True, "ES", at("03-17 09:00"), 120.0, 2, 2),
        (ticket(1002), True, "US", at("03-10 13:30"), 30.0, 2, 2),
    ]
    assert [row[-1] for row in tickets] == [5, 1, None]
    assert [row[1] for row in tickets] == [True, True, False]
    unanswered = company.ask("select ticket_id from marts.fct_ticket where not is_answered")
    assert sorted(unanswered) == [(ticket(1003),), (ticket(1004),)]


def test_tickets_are_resolved_when_their_history_says_so_and_wait_while_pending(
    company: MainJob,
) -> None:
    """No column says when a ticket was solved: its history does.

    The first is open from Friday 16:00 to Tuesday 11:00, 11 hours of work, and waits 8 of them for
    the customer. The second is solved an hour after New York opens, opened again a day later, and
    solved two hours after.
    """
    tickets = company.ask("""
        select ticket_id, resolved_at, reopen_count, clocks.status,
            clocks.business_minutes::double
        from marts.fct_ticket as tickets
        inner join marts.fct_lead_sla as clocks using (ticket_key)
        inner join marts.dim_sla_commitment using (sla_commitment_key)
        where commitment_code = 'resolution' and tickets.is_counted
        order by ticket_id
    """)
    assert [row[:4] for row in tickets] == [
        (ticket(1001), at("03-18 10:00"), 0, "met"),
        (ticket(1002), at("03-11 15:00"), 1, "met"),
        (ticket(1003), None, 0, "breached"),
    ]
    assert [row[4] for row in tickets[:2]] == [180.0, 180.0]


def test_a_handed_over_ticket_waits_for_the_other_department(company: MainJob) -> None:
    handoffs = company.ask("""
        select ticket_id, from_department, to_department, wait_business_minutes::double
        from marts.fct_ticket_handoff inner join marts.fct_ticket using (ticket_key)
    """)
    assert handoffs == [(ticket(1001), "service", "finance", 30.0)]


def test_one_person_in_both_systems_is_one_customer(company: MainJob) -> None:
    people = company.ask("""
        select string_agg(record_id, ' ' order by record_id)
        from marts.bridge_customer_identity
        group by customer_key having count(*) > 1
    """)
    assert people == [(f"crm.contact:zendesk/600 {lead(1)} {lead(4)}",)]


def test_activities_tickets_and_surveys_are_touchpoints(company: MainJob) -> None:
    touchpoints = company.ask("""
        select touchpoint_type, channel_code, count(*), count(*) filter (customer_key <> -1)
        from marts.fct_touchpoint inner join marts.dim_channel using (channel_key)
        group by all order by all
    """)
    assert touchpoints == [
        ("csat_answered", "survey", 2, 2),
        ("deal_won", "web_form", 1, 1),
        ("lead_captured", "organic_search", 2, 2),
        ("lead_captured", "web_form", 3, 3),
        ("meeting", "meeting", 2, 2),
        ("sales_call", "phone", 3, 3),
        ("sales_email", "sales_email", 2, 2),
        ("ticket_opened", "service_email", 2, 2),
        ("ticket_opened", "service_web", 1, 1),
    ]


def test_employees_have_the_department_that_the_feeds_say(company: MainJob) -> None:
    employees = company.ask(
        "select employee_code, department, is_inferred from marts.dim_employee "
        "where employee_code <> 'unknown' order by 1"
    )
    assert employees == [
        ("crm:hubspot/71", "marketing", False),
        ("crm:hubspot/72", "sales", False),
        ("crm:zendesk/500", "service", False),
        ("crm:zendesk/501", "finance", False),
    ]

"""The customer marts and the queries of Q10, Q19, Q26 on the sample company, against its truth."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from main_job import MainJob
from questions_asked import ANALYSES, asked, rows

WINDOW_DAYS = 30


@pytest.mark.parametrize("path", ANALYSES, ids=lambda path: path.stem)
def test_every_query_answers_with_its_limits_told(
    marts: duckdb.DuckDBPyConnection, path: Path
) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"-- {path.stem[:3].upper()} "), "the header begins with the question"
    for part in ("-- Asked by:", "-- Shows", "-- Can't see:"):
        assert part in text
    assert asked(marts, path.stem)


def test_q10_tells_one_customers_events_in_order(marts: duckdb.DuckDBPyConnection) -> None:
    told = asked(marts, "q10")
    times = [event["occurred_at"] for event in told]
    assert times == sorted(times)  # type: ignore[type-var]
    assert [event["event_number"] for event in told] == list(range(1, len(told) + 1))
    assert told[0]["event_kind"] == "first seen"
    assert len({event["event_kind"] for event in told}) >= 3


def test_the_timeline_holds_what_truly_happened(marts: duckdb.DuckDBPyConnection) -> None:
    """Tickets opened and resolved, orders of the own shops, and stages of leads, each in time."""
    assert not rows(
        marts,
        """
        with told as (
            select ticket_id, event_type, occurred_at from marts.customer_timeline
            where event_type in ('ticket_opened', 'ticket_answered', 'ticket_resolved')
        ),
        truly as (
            select ticket_id, 'ticket_opened' as event_type, opened_at as occurred_at
            from truth.ticket
            union all
            select ticket_id, 'ticket_answered', first_response_at from truth.ticket
            union all
            select ticket_id, 'ticket_resolved', resolved_at from truth.ticket
        )
        select * from told
        full join (from truly where occurred_at is not null) as truly
            using (ticket_id, event_type)
        where told.occurred_at is distinct from truly.occurred_at
        """,
    )
    assert not rows(
        marts,
        """
        with told as (
            select sale_id from marts.customer_timeline
            where event_type = 'purchase' and sale_id like 'shopify:%'
        ),
        truly as (
            select distinct 'shopify:' || order_id as sale_id from truth.sale_line
            where order_id is not null
        ),
        nobodys as (select sale_id from marts.fct_sale_line where customer_key = -1)
        select * from truly anti join told using (sale_id) anti join nobodys using (sale_id)
        """,
    )
    stages = ("engaged", "mql", "sal", "sql", "opportunity", "lost", "rejected", "recycled")
    listed = " union all ".join(
        f"select record_id as lead_id, 'lead_{stage}' as event_type, {stage}_at as occurred_at "
        f"from truth.lead where {stage}_at is not null"
        for stage in stages
    )
    assert not rows(
        marts,
        f"""
        select * from ({listed}) as truly
        anti join marts.customer_timeline using (lead_id, event_type, occurred_at)
        where lead_id not in (
            select survivor.lead_id from marts.fct_lead
            inner join marts.fct_lead as survivor
                on fct_lead.duplicate_of_lead_key = survivor.lead_key
        )
        """,
    )


def test_golden_records_are_true(known: duckdb.DuckDBPyConnection) -> None:
    """Birth dates and markets are the person's; name and address come from one record each."""
    ((dated, right), (located, right_market)) = rows(
        known,
        """
        with golden as (
            select customers.*, person.birth_date as true_birth_date, person.market
            from warehouse.marts.dim_customer as customers
            inner join customer_person using (customer_key)
            inner join truth.person using (person_id)
            where customers.is_current and customers.is_identified
        )
        select count(birth_date), count(*) filter (where birth_date = true_birth_date) from golden
        union all
        select count(market_code), count(*) filter (where market_code = market) from golden
        """,
    )
    assert dated > 50 and right / dated > 0.95
    assert located > 500 and right_market / located > 0.98
    assert not rows(
        known,
        """
        select customers.customer_key
        from warehouse.marts.dim_customer as customers
        inner join warehouse.intermediate.int_customer__person_record_versions as versions
            on customers.name_record_id = versions.record_id
        where customers.customer_key <> -1
        group by customers.customer_version_key, customers.customer_key, customers.given_name,
            customers.family_name
        having not bool_or(
            customers.given_name is not distinct from versions.given_name
            and customers.family_name is not distinct from versions.family_name
        )
        """,
    )


def test_friends_are_those_who_truly_used_a_code(known: duckdb.DuckDBPyConnection) -> None:
    ((found, right, true, recalled),) = rows(
        known,
        """
        with found as (
            select one.person_id, other.person_id as linked_person_id
            from marts.bridge_customer_link as link
            left join customer_person as one on link.customer_key = one.customer_key
            left join customer_person as other on link.linked_customer_key = other.customer_key
            where link_type = 'referral'
        ),
        truly as (from truth.customer_link where link_type = 'referral')
        select
            (select count(*) from found),
            (select count(*) from found semi join truly using (person_id, linked_person_id)),
            (select count(*) from truly),
            (select count(*) from truly semi join found using (person_id, linked_person_id))
        """,
    )
    assert true > 5
    assert right == found
    assert recalled / true > 0.9


def test_households_and_companies_are_true(known: duckdb.DuckDBPyConnection) -> None:
    """No two members of a group who are not truly together, but for a handful."""
    query = """
        with pair as (
            select a.person_id as one, b.person_id as other
            from marts.bridge_customer_group as one
            inner join marts.bridge_customer_group as other
                on one.group_key = other.group_key and one.group_type = other.group_type
            inner join customer_person as a on one.customer_key = a.customer_key
            inner join customer_person as b on other.customer_key = b.customer_key
            where one.group_type = '{kind}' and a.person_id < b.person_id
        )
        select count(*), count(*) filter (
            where exists (
                select 1 from truth.{table} as x
                inner join truth.{table} as y on x.{key} = y.{key}
                where x.person_id = pair.one and y.person_id = pair.other
            )
        )
        from pair
    """
    for kind, table, key in (
        ("household", "household_member", "household_id"),
        ("company", "company_member", "business_id"),
    ):
        ((pairs, right),) = rows(known, query.format(kind=kind, table=table, key=key))
        assert pairs > 10, kind
        assert right / pairs > 0.95, kind


def test_contacts_against_consent_are_those_of_truth(known: duckdb.DuckDBPyConnection) -> None:
    """By phone and post, where the CRM alone asks for consent."""
    ((flagged, right, true, found),) = rows(
        known,
        """
        with contact as (
            select touchpoint_key, person_id, occurred_at, is_against_consent, contact_point
            from marts.fct_touchpoint inner join customer_person using (customer_key)
            where contact_point in ('phone', 'post')
        ),
        truly as (
            select distinct contact.touchpoint_key
            from contact inner join truth.consent
                on contact.person_id = consent.person_id
                and contact.contact_point = if(contact_point_type = 'Phone', 'phone', 'post')
                and contact_point_type <> 'Email'
                and withdrawn_at <= contact.occurred_at
        )
        select
            count(*) filter (where is_against_consent),
            count(*) filter (where is_against_consent and truly.touchpoint_key is not null),
            count(truly.touchpoint_key),
            count(truly.touchpoint_key) filter (where is_against_consent)
        from contact left join truly using (touchpoint_key)
        """,
    )
    assert true > 5
    assert right == flagged
    assert found / true > 0.85


def test_q19_agrees_with_counting_by_hand(marts: duckdb.DuckDBPyConnection) -> None:
    """What followed, and what comparable customers did, counted customer by customer."""
    marts.execute(f"""
        create or replace temp table by_hand as
        with purchase as (
            select distinct customer_key, touchpoint_date as day
            from marts.fct_touchpoint
            where touchpoint_type = 'purchase' and is_conversion and customer_key <> -1
        ),
        exposure as (
            select linked.*, exists (
                select 1 from purchase
                where purchase.customer_key = linked.linked_customer_key
                    and day > purchase_date and day <= purchase_date + {WINDOW_DAYS}
            ) as followed
            from marts.fct_linked_purchase as linked
        ),
        customer as (
            -- First seen in UTC may be a day later than the market's day of the first purchase.
            select customer_key, market_code,
                least(first_seen_at::date, min(purchase.day)) as first_day
            from marts.dim_customer left join purchase using (customer_key)
            where is_current and customer_type = 'person'
            group by customer_key, market_code, first_seen_at
        ),
        state as (
            select
                exposure.linked_purchase_key,
                customer.customer_key,
                count(purchase.day) filter (where day <= purchase_date) as days_before,
                bool_or(coalesce(
                    day > purchase_date and day <= purchase_date + {WINDOW_DAYS}, false
                )) as buys
            from exposure
            inner join customer
                on exposure.market_code = customer.market_code
                and customer.first_day <= exposure.purchase_date
            left join purchase on customer.customer_key = purchase.customer_key
            group by all
        )
        select exposure.linked_purchase_key, exposure.is_followed, exposure.followed,
            exposure.expected_follow_share, avg(state.buys::integer) as expected
        from exposure
        left join state
            on exposure.linked_purchase_key = state.linked_purchase_key
            and least(state.days_before, 3) = least(exposure.linked_purchase_days_before, 3)
        group by all
    """)
    assert rows(marts, "select count(*) from by_hand") > [(10,)]
    assert not rows(
        marts,
        "from by_hand where is_followed <> followed or expected is null "
        "or abs(expected - expected_follow_share) > 1e-9",
    )
    told = [row for row in asked(marts, "q19") if row["level"] == "kind of link"]
    ((purchases, followed),) = rows(marts, "select count(*), sum(followed::integer) from by_hand")
    assert sum(row["purchases_seen"] for row in told) == purchases  # type: ignore[misc]
    assert sum(row["purchases_followed"] for row in told) == followed  # type: ignore[misc]
    for row in told:
        assert row["difference_low"] < row["difference"] < row["difference_high"]  # type: ignore[operator]


def test_q26_takes_for_customers_who_had_truly_bought(known: duckdb.DuckDBPyConnection) -> None:
    ((contacts, wrong, missed),) = rows(
        known,
        """
        with bought as (
            select person_id, min(purchased_at) as first_purchase_at
            from (
                select person_id, purchased_at from truth.sale_line
                where order_id is not null or is_identified
                union all
                -- A family's card says who holds it, not who bought.
                select person.person_id, purchased_at from truth.sale_line
                inner join truth.person on sale_line.card_id = person.loyalty_card_id
            )
            group by person_id
        ),
        won as (select person_id, min(won_at) as won_at from truth.lead group by person_id)
        select
            count(*),
            count(*) filter (
                where contact.has_purchased
                    and not coalesce(first_purchase_at < contact.occurred_at, false)
                    and not coalesce(won_at < contact.occurred_at, false)
            ),
            count(*) filter (
                where not contact.has_purchased and first_purchase_at < contact.occurred_at
            ) / count(*) filter (where first_purchase_at < contact.occurred_at)
        from marts.fct_company_contact as contact
        inner join customer_person using (customer_key)
        left join bought using (person_id)
        left join won using (person_id)
        """,
    )
    assert contacts > 500
    assert wrong == 0
    assert missed < 0.35, "purchases of records that nothing ties to the person are not known"


def test_q26_counts_contacts_during_open_complaints(marts: duckdb.DuckDBPyConnection) -> None:
    """Counted once more from the tickets, contact by contact."""
    (counted,) = rows(
        marts,
        """
        with complaints as (
            from marts.fct_ticket
            where is_counted and customer_key <> -1
                and (ticket_type = 'complaint' or sentiment = 'negative')
        ),
        during as (
            select contact.touchpoint_key, contact.department
            from marts.fct_company_contact as contact
            where exists (
                select 1 from complaints
                where complaints.customer_key = contact.customer_key
                    and contact.occurred_at > complaints.opened_at
                    and (complaints.resolved_at is null
                        or contact.occurred_at < complaints.resolved_at)
            )
        )
        select
            count(*) filter (department = 'sales'), count(*) filter (department = 'marketing')
        from during
        """,
    )
    (every,) = (row for row in asked(marts, "q26") if row["department"] == "all")
    assert (every["sales_during_complaint"], every["marketing_during_complaint"]) == counted


def test_q26_sums_to_the_contacts(marts: duckdb.DuckDBPyConnection) -> None:
    told = {row["department"]: row for row in asked(marts, "q26")}
    parts = [row for department, row in told.items() if department != "all"]
    for column in ("contacts", "against_consent", "contacts_ignoring_history"):
        assert told["all"][column] == sum(row[column] for row in parts)  # type: ignore[misc]
    assert told["all"]["against_consent"] > 0  # type: ignore[operator]
    assert told["all"]["acquisition_of_customer"] > 0  # type: ignore[operator]


def test_the_360_agrees_with_the_marts_that_it_sums(sample: MainJob, marts: object) -> None:
    assert not sample.ask("""
        with timeline as (
            select customer_key, count(*) filter (where department = 'sales') as sales_events,
                max(occurred_at) filter (
                    where department = 'sales' and event_kind in ('touchpoint', 'answer')
                ) as last_sales_contact_at
            from marts.customer_timeline group by customer_key
        ),
        friends as (
            select customer_key, count(*) as friends from marts.bridge_customer_link
            where link_type = 'referral' group by customer_key
        )
        select customer_key from marts.customer_360 as page
        left join timeline using (customer_key)
        left join friends using (customer_key)
        where page.last_sales_contact_at is distinct from timeline.last_sales_contact_at
            or page.referral_count <> coalesce(friends.friends, 0)
            or (page.household_key <> -1) <> (page.household_member_count > 1)
            or page.open_matter_count < page.open_ticket_count
    """)

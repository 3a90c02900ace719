"""The life of leads and the queries of Q33 and Q35 on the sample company, against its truth.

What becomes of a lead that counts for duplicates is reckoned once more in plain Python: at each
moment it stands where the furthest of its records stands.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from questions_asked import asked, rows

from orchestration.lib.settings import PROJECT_ROOT

Entry = tuple[str, datetime]
FUNNEL = ("captured", "engaged", "mql", "sal", "sql", "opportunity", "won")
STANDING = ("won", "opportunity", "sql", "sal", "mql", "engaged", "captured", "recycled", "lost",
    "rejected")  # fmt: skip
"""Which record of several stands for the lead, the first before the others."""
SKIPPABLE = ("mql", "sal", "sql", "opportunity")
ENDED = {"won", "lost", "rejected"}
DUPLICATE_DAYS = 90
MARGIN_SHARE = 0.35


@pytest.fixture(scope="module")
def lives(marts: duckdb.DuckDBPyConnection) -> dict[str, list[Entry]]:
    """Stages of every lead record as truth tells them, in time."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for record, stage, entered_at in rows(
        marts,
        "select record_id, stage, entered_at from truth.lead_stage "
        "order by record_id, entry_number",
    ):
        if not found[record] or found[record][-1][0] != stage:
            found[record].append((stage, entered_at))
    return found


@pytest.fixture(scope="module")
def held(marts: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    """Entries of fct_lead_stage of every lead, in order."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    query = marts.execute(
        "select lead_id, entries.* from marts.fct_lead_stage as entries "
        "inner join marts.fct_lead using (lead_key) order by lead_id, entry_number"
    )
    columns = [column[0] for column in query.description]
    for row in query.fetchall():
        entry = dict(zip(columns, row, strict=True))
        found[entry["lead_id"]].append(entry)
    return found


@pytest.fixture(scope="module")
def parts(marts: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Lead that counts for duplicates, with all its records."""
    found: dict[str, list[str]] = defaultdict(list)
    for survivor, duplicate in rows(
        marts,
        "select survivor.lead_id, lead.lead_id from marts.fct_lead as lead "
        "inner join marts.fct_lead as survivor on lead.duplicate_of_lead_key = survivor.lead_key "
        "order by all",
    ):
        found.setdefault(survivor, [survivor]).append(duplicate)
    return found


def standing(records: list[list[Entry]], merged: list[datetime | None]) -> list[Entry]:
    """The one life of several records: where the furthest stands after each of their changes."""
    times = sorted({at for life in records for _, at in life} | {at for at in merged if at})
    lived: list[Entry] = []
    for at in times:
        stages = [
            [stage for stage, entered_at in life if entered_at <= at][-1]
            for life, merged_at in zip(records, merged, strict=True)
            if life[0][1] <= at and (merged_at is None or merged_at > at)
        ]
        stage = min(stages, key=STANDING.index)
        if not lived or lived[-1][0] != stage:
            lived.append((stage, at))
    return lived


def test_each_record_lives_as_it_truly_did(
    lives: dict[str, list[Entry]],
    held: dict[str, list[dict[str, Any]]],
    parts: dict[str, list[str]],
) -> None:
    """Skips, reversals, reopened leads and deals among them."""
    assert lives.keys() <= held.keys()
    for record, life in lives.items():
        if record not in parts:
            told = [(entry["stage"], entry["entered_at"]) for entry in held[record]]
            assert told == life, record


def test_leads_with_duplicates_live_one_life(
    marts: duckdb.DuckDBPyConnection,
    lives: dict[str, list[Entry]],
    held: dict[str, list[dict[str, Any]]],
    parts: dict[str, list[str]],
) -> None:
    merged = dict(rows(marts, "select record_id, merged_at from truth.lead_merge"))
    assert parts
    for survivor, records in parts.items():
        lived = standing([lives[r] for r in records], [merged.get(r) for r in records])
        told = [(entry["stage"], entry["entered_at"]) for entry in held[survivor]]
        assert told == lived, survivor


def test_each_entry_says_how_the_lead_got_there(held: dict[str, list[dict[str, Any]]]) -> None:
    for lead, entries in held.items():
        furthest, previous = -1, None
        for entry in entries:
            rank = FUNNEL.index(entry["stage"]) if entry["stage"] in FUNNEL else None
            skipped: list[str] = []
            if previous is None:
                expected = "start"
            elif rank is None:
                expected = "ended"
            else:
                skipped = [stage for stage in FUNNEL[furthest + 1 : rank] if stage in SKIPPABLE]
                if previous not in FUNNEL or previous == "won":
                    expected = "reentry"
                elif rank < FUNNEL.index(previous):
                    expected = "reversal"
                else:
                    expected = "skip" if skipped else "forward"
            assert entry["transition_type"] == expected, lead
            assert entry["skipped_stages"] == (" > ".join(skipped) or None), lead
            assert entry["is_skip"] == (expected == "skip")
            assert entry["is_reversal"] == (expected == "reversal")
            furthest = max(furthest, rank if rank is not None else -1)
            previous = entry["stage"]


def test_leads_have_first_times_and_stand_where_their_life_ends(
    marts: duckdb.DuckDBPyConnection, held: dict[str, list[dict[str, Any]]]
) -> None:
    stages = (*FUNNEL[1:], "lost", "rejected", "recycled")
    columns = ", ".join(f"{stage}_at" for stage in stages)
    leads = rows(marts, f"select lead_id, current_stage, {columns} from marts.fct_lead")
    assert len(leads) == len(held)
    for lead, current, *times in leads:
        first: dict[str, datetime] = {}
        for entry in held[lead]:
            first.setdefault(entry["stage"], entry["entered_at"])
        assert current == held[lead][-1]["stage"]
        assert dict(zip(stages, times, strict=True)) == {s: first.get(s) for s in stages}


def test_one_person_is_counted_once_at_a_time(
    marts: duckdb.DuckDBPyConnection, lives: dict[str, list[Entry]]
) -> None:
    """Duplicates are those that the company's rule makes of the records of one customer."""
    customers: dict[int, list[str]] = defaultdict(list)
    stated = rows(
        marts,
        "select lead_id, customer_key, duplicate_rule from marts.fct_lead "
        "where not is_inferred order by captured_at, lead_id",
    )
    for lead, customer, rule in stated:
        if rule != "merged_in_crm":
            customers[customer].append(lead)
    expected = set()
    for leads in customers.values():
        for place, lead in enumerate(leads):
            captured_at = lives[lead][0][1]
            for earlier in leads[:place]:
                stage = [stage for stage, at in lives[earlier] if at <= captured_at][-1]
                within = captured_at <= lives[earlier][0][1] + timedelta(days=DUPLICATE_DAYS)
                if within or stage not in ENDED:
                    expected.add(lead)
    assert {lead for lead, _, rule in stated if rule == "same_person"} == expected
    merged = {lead for (lead,) in rows(marts, "select record_id from truth.lead_merge")}
    assert {lead for lead, _, rule in stated if rule == "merged_in_crm"} == merged
    strangers = """
        select lead.lead_id from marts.fct_lead as lead
        inner join marts.fct_lead as survivor on lead.duplicate_of_lead_key = survivor.lead_key
        inner join truth.lead as one on lead.lead_id = one.record_id
        inner join truth.lead as other on survivor.lead_id = other.record_id
        where one.person_id <> other.person_id or survivor.duplicate_rule is not null
    """
    assert not rows(marts, strangers)


def test_won_deals_are_counted_once(marts: duckdb.DuckDBPyConnection) -> None:
    ((deals, amount, margin, all_deals),) = rows(
        marts,
        "select sum(won_deal_count), sum(won_amount), sum(margin_amount), "
        "(select count(*) from truth.opportunity where is_won) "
        "from marts.fct_lead where is_counted",
    )
    ((truly,),) = rows(marts, "select sum(amount_eur) from truth.opportunity where is_won")
    assert deals == all_deals > 0
    assert amount == pytest.approx(truly, rel=1e-4)
    assert margin == pytest.approx(MARGIN_SHARE * amount, rel=1e-9)


def test_leads_became_the_contacts_and_companies_of_truth(
    marts: duckdb.DuckDBPyConnection, parts: dict[str, list[str]]
) -> None:
    """The contact is the one that stands after merges; the company is the person's."""
    wrong = rows(
        marts,
        """
        select lead.lead_id, lead.contact_record_id, truly.contact_record_id
        from marts.fct_lead as lead
        inner join truth.lead as truly on lead.lead_id = truly.record_id
        where lead.contact_record_id is distinct from truly.contact_record_id
        """,
    )
    assert {lead for lead, *_ in wrong} <= parts.keys()
    matched = rows(
        marts,
        """
        select account_match_rule, account.record_id is not distinct from company.record_id,
            company.record_id is not null, count(*)
        from marts.fct_lead as lead
        inner join truth.lead as truly on lead.lead_id = truly.record_id
        left join truth.company as company on truly.business_id = company.business_id
        left join marts.bridge_customer_identity as account
            on lead.account_customer_key = account.customer_key
            and account.record_type = 'account'
        group by all
        """,
    )
    assert not [row for row in matched if row[0] == "converted_account" and not row[1]]
    found = sum(count for rule, *_, count in matched if rule)
    right = sum(count for rule, is_right, _, count in matched if rule and is_right)
    known = sum(count for *_, has_account, count in matched if has_account)
    assert right / found > 0.97
    assert right / known > 0.95
    unmatched = rows(
        marts,
        """
        select lead.lead_id from marts.fct_lead as lead
        inner join truth.opportunity as deal on lead.lead_id = deal.lead_record_id
        where account_customer_key = -1
        """,
    )
    assert not unmatched


def test_captures_are_contacts_in_journeys(marts: duckdb.DuckDBPyConnection) -> None:
    """A lead of a web form was on the site before; its journey holds the capture."""
    ((leads, captured, in_journey, outside),) = rows(
        marts,
        """
        select count(*), count(*) filter (touchpoint_type = 'lead_captured'),
            count(*) filter (lead.journey_key <> -1),
            count(*) filter (bridge.journey_key is distinct from lead.journey_key)
        from marts.fct_lead as lead
        left join marts.fct_touchpoint as touch
            on lead.capture_touchpoint_key = touch.touchpoint_key
        left join marts.bridge_journey_touchpoint as bridge using (touchpoint_key)
        where not is_inferred and (not is_deleted or duplicate_rule = 'merged_in_crm')
        """,
    )
    assert leads == captured == in_journey > 0
    assert outside == 0
    before = rows(
        marts,
        """
        select lead_id from marts.fct_lead
        where (touchpoints_before_count > 0) <> (last_channel_key <> -1)
            or (touchpoints_before_count > 0) <> (first_channel_key <> -1)
        """,
    )
    assert not before


def test_costs_are_shared_whole(marts: duckdb.DuckDBPyConnection) -> None:
    """What the leads of a campaign bear is what the campaign cost, with its ads."""
    differs = rows(
        marts,
        """
        with borne as (
            select campaign_key, sum(cost_amount) as borne, count(distinct cost_amount) as shares
            from marts.fct_lead where is_counted and campaign_key <> -1 group by campaign_key
        ),
        spent as (
            select campaign_key, sum(spend_amount) as spend_amount
            from marts.fct_ad_spend_daily group by campaign_key
        )
        select * from borne
        inner join marts.dim_campaign using (campaign_key)
        left join spent using (campaign_key)
        where abs(coalesce(borne, 0) - coalesce(cost_amount, 0) - coalesce(spend_amount, 0)) > 1e-4
            or shares > 1
        """,
    )
    assert not differs
    ((bearing,),) = rows(
        marts,
        "select count(*) from marts.fct_lead where cost_amount is not null and not is_counted",
    )
    assert bearing == 0


def test_q33_leaves_nothing_out(marts: duckdb.DuckDBPyConnection) -> None:
    told = asked(marts, "q33")
    ((leads, won, amount, spent),) = rows(
        marts,
        """
        select count(*) filter (is_counted and not is_inferred),
            (select count(*) from truth.opportunity where is_won),
            (select sum(amount_eur) from truth.opportunity where is_won),
            (select sum(cost_amount) from marts.dim_campaign)
            + (select sum(spend_amount) from marts.fct_ad_spend_daily where campaign_key <> -1)
        from marts.fct_lead
        """,
    )

    def total(column: str) -> float:
        return float(sum(row[column] or 0 for row in told))

    assert total("leads") == leads
    assert total("won_deals") == won
    assert total("won_amount") == pytest.approx(amount, rel=1e-4)
    assert total("cost_amount") == pytest.approx(spent)
    assert total("margin_amount") == pytest.approx(MARGIN_SHARE * total("won_amount"))
    for row in told:
        reached = [row[f"reached_{stage}"] for stage in ("mql", "sal", "sql", "opportunity", "won")]
        assert reached == sorted(reached, reverse=True)
        assert row["leads"] >= reached[0] or row["lead_source"] == "deals without a lead"
    assert {row["lead_source"] for row in told} >= {"Web", "campaigns without a lead"}


def test_q35_tells_what_sales_made_of_them(
    marts: duckdb.DuckDBPyConnection,
    lives: dict[str, list[Entry]],
    parts: dict[str, list[str]],
) -> None:
    """Counted again from truth: whom sales accepted, rejected and why, by origin and score."""
    told = {(row["view"], row["value"]): row for row in asked(marts, "q35")}
    truly = {
        record: {"source": source, "score": score, "reason": reason}
        for record, source, score, reason in rows(
            marts, "select record_id, lead_source, score, rejection_reason from truth.lead"
        )
    }
    merged = dict(rows(marts, "select record_id, merged_at from truth.lead_merge"))
    counted = [row[0] for row in rows(marts, "select lead_id from marts.fct_lead where is_counted")]
    expected: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for lead in counted:
        records = parts.get(lead, [lead])
        life = standing([lives[r] for r in records], [merged.get(r) for r in records])
        stages = {stage for stage, _ in life}
        low = min(truly[lead]["score"] // 20, 4) * 20
        views = [
            ("all", "all"),
            ("origin", truly[lead]["source"]),
            ("score", f"{low:02d} to {100 if low == 80 else low + 19}"),
        ]
        is_accepted = bool(stages & set(FUNNEL[3:]))
        for view in views:
            tally = expected[view]
            tally["leads"] += 1
            tally["accepted_leads"] += is_accepted
            tally["rejected_leads"] += "rejected" in stages
            tally["decided_leads"] += is_accepted or "rejected" in stages
            tally["recycled_leads"] += "recycled" in stages
            tally["won_leads"] += "won" in stages
            tally["ended_leads"] += life[-1][0] in ENDED | {"recycled"}
        if "rejected" in stages and truly[lead]["reason"]:
            expected["rejection reason", truly[lead]["reason"]]["rejected_leads"] += 1
    for key, tally in expected.items():
        if key[0] == "rejection reason":
            assert key in told
            continue
        assert {name: told[key][name] for name in tally} == dict(tally), key
    reasons = [row for (view, _), row in told.items() if view == "rejection reason"]
    assert sum(row["rejected_leads"] for row in reasons) == told["all", "all"]["rejected_leads"]


def test_queries_of_the_page_answer(marts: duckdb.DuckDBPyConnection) -> None:
    page = (PROJECT_ROOT / "docs" / "leads.md").read_text(encoding="utf-8")
    queries = re.findall(r"^```sql\n(.*?)^```", page, flags=re.M | re.S)
    assert len(queries) >= 3
    for query in queries:
        marts.execute(query).fetchall()


def test_every_status_of_the_sample_is_explained(marts: duckdb.DuckDBPyConnection) -> None:
    """None is unmapped, and each holds the records that truly are in it."""
    assert not rows(marts, "select status from marts.lead_status_mapping where is_unmapped")
    ((told, truly),) = rows(
        marts,
        """
        select (select sum(record_count) from marts.lead_status_mapping
                where record_kind = 'lead' and stage = 'mql' and status = 'Marketing Qualified'),
            (select count(*) from truth.lead where mql_at is not null)
        """,
    )
    assert told == truly

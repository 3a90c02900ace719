"""The queries of the journey questions on the sample company, against its truth.

Where identity allows, what a query tells of people whose records are all one customer must be
exactly what truth tells of the same people. The rules of loops, stages and stalls are reckoned once
more in plain Python, contact by contact.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise
from typing import Any

import duckdb
import pytest
from questions_asked import asked, rows

STAGES = ("awareness", "consideration", "intent", "purchase", "service", "loyalty")
ORIGINS = {
    "service_email": ("Email",),
    "service_phone": ("Phone",),
    "service_store": ("Store",),
    "service_web": ("Web", "Chat"),
}
ONLINE = (
    "paid_search", "organic_search", "paid_social", "organic_social", "display", "email",
    "referral", "direct",
    "social_message",
    "lead: Web", "lead: Facebook Ads", "lead: Google Ads", "lead: LinkedIn Ads", "lead: Partner",
)  # fmt: skip
"""Truth's names of contacts on digital channels before a purchase."""
LOOKBACK = "interval 30 day"
STALL = REPEAT = timedelta(days=7)
INTENTS = {"Question": "ask", "Complaint": "complain", "Return": "return"}


@pytest.fixture(scope="module")
def purchases(known: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The marts, with `held` and `truly`: conversions by what the warehouse and truth say.

    Both name the person as the warehouse can: at most the holder of the card that was shown.
    """
    known.execute("""
        create or replace temp table held as
        select customer_person.person_id, journeys.*
        from marts.fct_journey as journeys inner join customer_person using (customer_key)
        where outcome = 'converted' and conversion_type = 'sale';
        create or replace temp table truly as
        select coalesce(holder.person_id, bought.person_id) as person_id, bought.converted_at,
            case bought.place when 'own_web' then 'own_shop' when 'store' then 'physical_store'
                else bought.place end as place_type,
            bought.* exclude (person_id, converted_at, place), journey.started_at
        from truth.conversion as bought inner join truth.journey using (journey_id)
        left join truth.person as holder on holder.loyalty_card_id = bought.card_id
        where is_identified
    """)
    return known


@pytest.fixture(scope="module")
def contacts(marts: duckdb.DuckDBPyConnection) -> dict[int, list[dict[str, Any]]]:
    """The contacts of each journey in order, the conversion last before what came after it."""
    found = marts.execute("""
        select bridge.journey_key, bridge.occurred_at, bridge.is_conversion, bridge.is_after_sale,
            contacts.stage, contacts.channel_key
        from marts.bridge_journey_touchpoint as bridge
        inner join marts.fct_touchpoint as contacts using (touchpoint_key)
        order by bridge.journey_key, bridge.step_number
    """)
    names = [column[0] for column in found.description]
    journeys: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in found.fetchall():
        contact = dict(zip(names, row, strict=True))
        journeys[contact["journey_key"]].append(contact)
    return journeys


@pytest.fixture(scope="module")
def journeys(marts: duckdb.DuckDBPyConnection) -> dict[int, dict[str, Any]]:
    """Each journey's row, and whether its customer is known by name."""
    found = marts.execute("""
        select journeys.*, customers.is_identified
        from marts.fct_journey as journeys
        inner join marts.dim_customer as customers using (customer_key)
        where customers.is_current
    """)
    names = [column[0] for column in found.description]
    listed = (dict(zip(names, row, strict=True)) for row in found.fetchall())
    return {row["journey_key"]: row for row in listed}


def before(contacts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The contacts before the conversion."""
    return [c for c in contacts if not c["is_conversion"] and not c["is_after_sale"]]


def rank(contact: dict[str, Any]) -> int:
    return STAGES.index(contact["stage"]) + 1 if contact["stage"] in STAGES else 0


def test_q02_is_counted_contact_by_contact(
    marts: duckdb.DuckDBPyConnection,
    contacts: dict[int, list[dict[str, Any]]],
    journeys: dict[int, dict[str, Any]],
) -> None:
    told = {(row["people"], row["stage"]): row for row in asked(marts, "q02")}
    counted: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for key, journey in journeys.items():
        people = "known people" if journey["is_identified"] else "unknown people"
        seen = {contact["stage"] for contact in contacts[key]} & set(STAGES[:3])
        converted = journey["outcome"] == "converted"
        if not seen and not converted:
            continue
        furthest = "purchase" if converted else max(seen, key=STAGES.index)
        if journey["outcome"] == "open":
            counted[people, furthest]["open_journeys"] += 1
            continue
        for stage in seen | ({"purchase"} if converted else set()):
            counted[people, stage]["journeys_reached"] += 1
        if not converted:
            counted[people, furthest]["lost_as_furthest"] += 1
            last = contacts[key][-1]["stage"]
            if last in STAGES[:3]:
                counted[people, last]["lost_after_contact"] += 1
    for place, row in told.items():
        for column in ("journeys_reached", "lost_as_furthest", "lost_after_contact",
                       "open_journeys"):  # fmt: skip
            assert row[column] == counted[place][column], (place, column)
    for people in ("known people", "unknown people"):
        shares = [told[people, stage]["share_of_lost"] for stage in STAGES[:4]]
        assert sum(shares) == pytest.approx(1)
    known = [told["known people", stage]["converted_share"] for stage in STAGES[:4]]
    assert known[3] == 1 and known[2] > max(known[:2]), "who shows intent buys more often"


def test_q02_a_stage_that_a_visit_shows_is_mostly_true(known: duckdb.DuckDBPyConnection) -> None:
    """A cart is truly intent, and what began with an ad in a social network truly awareness."""
    found = rows(
        known,
        """
        select shown.stage, avg((truly.stage = shown.stage)::integer), count(*)
        from truth.touchpoint as truly
        inner join marts.bridge_customer_identity as identity using (record_id)
        inner join marts.fct_touchpoint as shown
            on identity.customer_key = shown.customer_key
            and shown.occurred_at
                between truly.happened_at - interval 1 second
                and truly.happened_at + interval 1 second
        inner join marts.dim_channel using (channel_key)
        where truly.touchpoint_id like 'touch:%' and shown.touchpoint_type = 'web_session'
            and channel_code in ('paid_social', 'organic_social', 'display', 'paid_search',
                'organic_search', 'referral')
        group by shown.stage
        """,
    )
    right = {stage: share for stage, share, seen in found if seen > 50}
    assert right["intent"] > 0.8
    assert right["awareness"] > 0.6


def test_q07_conversions_are_those_of_truth(purchases: duckdb.DuckDBPyConnection) -> None:
    """Each conversion of a person whom one customer is happened, there, for that amount."""
    ((held, true, right, dear),) = rows(
        purchases,
        """
        select count(*), count(truly.person_id), count(*) filter (held.place_type
            = truly.place_type), max(abs(revenue_amount - revenue_eur))
        from held left join truly using (person_id, converted_at)
        """,
    )
    assert held > 100
    assert held == true == right
    assert dear < 0.05, "rounding of rates"
    missed = rows(
        purchases,
        "select count(*) / (select count(*) from truly) from truly "
        "anti join held using (person_id, converted_at)",
    )
    assert missed[0][0] < 0.02, "only purchases whose customer is not one person"


def test_q07_what_all_shoppers_bought_is_the_truth(purchases: duckdb.DuckDBPyConnection) -> None:
    """Units per kind of place, of whoever sold them; spoiled rows of reports are in quarantine."""
    told = {row["place_type"]: row for row in asked(purchases, "q07")}
    truly = dict(
        rows(
            purchases,
            """
            select case place when 'own_web' then 'own_shop' else place end, sum(quantity)
            from truth.sale_line where place in ('own_web', 'social_shop') group by all
            union all
            select place_type, sum(units_each)
            from truth.sell_out inner join marts.dim_store using (store_code)
            where is_own_brand and not is_spoiled group by all
            """,
        )
    )
    assert {place: row["sold_units"] for place, row in told.items() if row["sold_units"]} == truly
    assert told["e_tailer"]["unidentified_unit_share"] == 1
    assert told["own_shop"]["unidentified_unit_share"] < 0.05
    ((identified,),) = rows(
        purchases,
        "select sum(quantity) from truth.sale_line where place = 'store' and is_identified",
    )
    store = told["physical_store"]
    assert 1 - identified / store["sold_units"] == pytest.approx(store["unidentified_unit_share"])
    assert sum(row["conversion_share"] for row in told.values()) == pytest.approx(1)
    assert sum(row["sold_unit_share"] or 0 for row in told.values()) == pytest.approx(1)


def test_q13_tickets_are_for_what_they_truly_are(marts: duckdb.DuckDBPyConnection) -> None:
    told = {
        (code, row["intent"]): row["contacts"]
        for code, name in rows(marts, "select channel_code, channel_name from marts.dim_channel")
        for row in asked(marts, "q13")
        if row["channel_name"] == name
    }
    true = {
        (origin, type_): tickets
        for origin, type_, tickets in rows(
            marts, "select origin, type, count(*) from truth.ticket group by all"
        )
    }
    for channel, origins in ORIGINS.items():
        for type_, intent in INTENTS.items():
            tickets = sum(true.get((origin, type_), 0) for origin in origins)
            assert told.get((channel, intent), 0) == tickets, (channel, intent)


def test_q13_shares_sum_to_one(marts: duckdb.DuckDBPyConnection) -> None:
    by_channel: dict[str, float] = defaultdict(float)
    by_intent: dict[str, float] = defaultdict(float)
    for row in asked(marts, "q13"):
        by_channel[row["channel_name"]] += row["share_of_channel"]
        by_intent[row["intent"]] += row["share_of_intent"]
    assert all(share == pytest.approx(1) for share in by_channel.values())
    assert all(share == pytest.approx(1) for share in by_intent.values())


def stumbles(contacts: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """How often a journey switched, stalled and repeated itself, by kind and stage, and in all."""
    found: Counter[tuple[str, str]] = Counter()
    served: dict[int, Any] = {}
    for position, contact in enumerate(contacts):
        earlier = contacts[position - 1] if position else None
        kinds = []
        if earlier and not contact["is_after_sale"]:
            if not contact["is_conversion"] and contact["channel_key"] != earlier["channel_key"]:
                kinds.append(("switches", contact["stage"]))
            if contact["occurred_at"] - earlier["occurred_at"] > STALL:
                kinds.append(("stalls", earlier["stage"]))
        if contact["stage"] == "service":
            last = served.get(contact["channel_key"])
            if last and contact["occurred_at"] - last <= REPEAT:
                kinds.append(("repeat_contacts", "service"))
            served[contact["channel_key"]] = contact["occurred_at"]
        for kind, stage in kinds:
            found.update([(kind, stage), (kind, "all")])
    return found


def test_q15_is_counted_contact_by_contact(
    marts: duckdb.DuckDBPyConnection,
    contacts: dict[int, list[dict[str, Any]]],
    journeys: dict[int, dict[str, Any]],
) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    converted: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for key, journey in journeys.items():
        if not journey["is_identified"] or journey["outcome"] == "open":
            continue
        stumbled = stumbles(contacts[key])
        counted += stumbled
        for stage in {contact["stage"] for contact in contacts[key]} | {"all"}:
            ended_well = journey["outcome"] == "converted"
            converted["journeys", stage].append(ended_well)
            for kind in ("stalls", "repeat_contacts"):
                if stumbled[kind, stage]:
                    converted[kind, stage].append(ended_well)
    told = {row["stage"]: row for row in asked(marts, "q15")}
    assert set(told) == {stage for kind, stage in converted if kind == "journeys"}
    for stage, row in told.items():
        assert row["journeys"] == len(converted["journeys", stage])
        for kind in ("switches", "stalls", "repeat_contacts"):
            assert row[kind] == counted[kind, stage], (kind, stage)
            assert row[f"{kind}_per_journey"] == pytest.approx(row[kind] / row["journeys"])
        for kind, column in (
            ("journeys", "converted_share"),
            ("stalls", "converted_share_of_stalled"),
            ("repeat_contacts", "converted_share_of_come_back"),
        ):
            ends = converted[kind, stage]
            assert row[column] == (pytest.approx(sum(ends) / len(ends)) if ends else None)
    assert told["all"]["stalls"] > 0 and told["all"]["switches"] > 0
    ((switches, stalls, repeats),) = rows(
        marts,
        """
        select sum(switch_count), sum(stall_count), sum(repeat_contact_count)
        from marts.fct_journey inner join marts.dim_customer using (customer_key)
        where is_current and is_identified and outcome <> 'open'
        """,
    )
    whole = told["all"]
    assert (whole["switches"], whole["stalls"], whole["repeat_contacts"]) == (
        switches,
        stalls,
        repeats,
    )


def test_q21_an_entry_that_was_seen_is_the_true_one(purchases: duckdb.DuckDBPyConnection) -> None:
    """Where the journey's first contact was recorded; else nobody can know where it began."""
    ((seen, share, online),) = rows(
        purchases,
        """
        select count(*), avg((channel_code = first_channel)::integer),
            avg((is_online_start = starts_online)::integer)
        from held inner join truly using (person_id, converted_at)
        inner join marts.dim_channel on entry_channel_key = channel_key
        where abs(date_diff('second', held.started_at, truly.started_at)) <= 1
        """,
    )
    assert seen > 50
    assert share > 0.98
    assert online > 0.98


def test_q21_and_q32_count_each_conversion_once(marts: duckdb.DuckDBPyConnection) -> None:
    told = asked(marts, "q21")
    places = ("in_own_shop", "in_social_shop", "at_e_tailer", "in_physical_store", "by_sales_team")
    for row in told:
        assert row["conversions"] == sum(row[place] for place in places)
    (whole,) = (row for row in told if row["entry_device"] == row["entry_channel"] == "all")
    for level in ("entry_device", "entry_channel"):
        other = "entry_channel" if level == "entry_device" else "entry_device"
        parts = [row for row in told if row[level] != "all" and row[other] == "all"]
        for column in ("journeys", "conversions", *places, "journeys_of_unknown_devices"):
            assert whole[column] == sum(row[column] for row in parts), (level, column)
    by_place = {row["place_type"]: row for row in asked(marts, "q32")}
    for place, column in (("own_shop", places[0]), ("physical_store", places[3])):
        assert by_place[place]["conversions"] == whole[column]
    assert by_place["all"]["sold_unit_share"] == 1
    assert by_place["physical_store"]["published_store_share"] is not None
    assert by_place["all"]["published_online_start_share"] is not None


@pytest.fixture(scope="module")
def store_purchases(purchases: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The marts, with `researched`: purchases in stores by people whom one customer is.

    Beside what the warehouse tells of online contacts stands what truth tells of those that some
    system recorded of the same customer: since the conversion before, and within the lookback. A
    click on an e-mail is recorded by the newsletter, whoever's the device is on which it opened.
    """
    purchases.execute(f"""
        create or replace temp table contact as
        select identity.customer_key, touch.happened_at
        from truth.touchpoint as touch
        inner join marts.bridge_customer_identity as identity
            on touch.record_id = identity.record_id
        where touch.channel in {ONLINE} and touch.stage <> 'loyalty'
        union all
        select identity.customer_key, touch.happened_at
        from truth.touchpoint as touch
        inner join truth.record as profile
            on touch.person_id = profile.person_id and profile.record_id like 'klaviyo.person:%'
        inner join marts.bridge_customer_identity as identity
            on profile.record_id = identity.record_id
        where touch.channel = 'email' and touch.stage <> 'loyalty';
        create or replace temp table researched as
        with bought as (
            select conversion.customer_key, conversion.converted_at, conversion.revenue_amount,
                conversion.online_contact_count, conversion.is_seen_online,
                truly.has_online_touch, truly.starts_online
            from marts.fct_conversion as conversion
            inner join customer_person using (customer_key)
            inner join truly using (person_id, converted_at)
            where conversion_type = 'sale' and conversion.place_type = 'physical_store'
        ),
        dated as (
            select bought.*, max(earlier.occurred_at) as previous_at
            from bought
            left join marts.fct_touchpoint as earlier
                on bought.customer_key = earlier.customer_key
                and earlier.is_conversion and earlier.occurred_at < bought.converted_at
            group by all
        )
        select dated.*, count(contact.happened_at) as recorded_contacts
        from dated
        left join contact
            on dated.customer_key = contact.customer_key
            and contact.happened_at <= converted_at
            and contact.happened_at >= converted_at - {LOOKBACK}
            and contact.happened_at > coalesce(previous_at, timestamp '1900-01-01')
        group by all
    """)
    return purchases


def test_q28_online_contacts_are_all_that_systems_recorded(
    store_purchases: duckdb.DuckDBPyConnection,
) -> None:
    """Purchase by purchase: no research is made up, and none that was recorded is missed."""
    ((bought, online, differ),) = rows(
        store_purchases,
        """
        select count(*), count(*) filter (online_contact_count > 0),
            count(*) filter ((online_contact_count > 0) <> (recorded_contacts > 0))
        from researched
        """,
    )
    assert bought > 50
    assert 0.2 < online / bought < 0.9
    assert differ == 0


def test_q28_is_a_lower_bound_of_the_truth(store_purchases: duckdb.DuckDBPyConnection) -> None:
    """More truly began online; all that is told did, but for messages, which truth leaves out."""
    ((bought, online, truly, seen, messages),) = rows(
        store_purchases,
        """
        select count(*), avg((online_contact_count > 0)::integer),
            avg(has_online_touch::integer), avg(is_seen_online::integer),
            count(*) filter (online_contact_count > 0 and not has_online_touch)
        from researched
        """,
    )
    assert messages <= 2 + 0.01 * bought
    assert online < truly
    assert online <= seen
    (whole,) = (row for row in asked(store_purchases, "q28") if row["level"] == "all")
    assert whole["online_share"] == pytest.approx(online, abs=0.03), "few customers are two people"
    assert whole["online_share"] <= whole["seen_online_share"]
    assert whole["online_share_where_seen"] > whole["online_share"]


def test_q28_parts_sum_to_the_whole(marts: duckdb.DuckDBPyConnection) -> None:
    told = asked(marts, "q28")
    (whole,) = (row for row in told if row["level"] == "all")
    ((influenced, revenue, purchases),) = rows(
        marts,
        """
        select sum(revenue_amount) filter (online_contact_count > 0), sum(revenue_amount), count(*)
        from marts.fct_conversion
        where conversion_type = 'sale' and place_type = 'physical_store'
        """,
    )
    assert whole["influenced_amount"] == pytest.approx(float(influenced), abs=0.01)
    assert whole["influenced_share"] == pytest.approx(float(influenced / revenue))
    assert whole["purchases"] == purchases
    for level in ("market", "distributor", "product category"):
        parts = [row for row in told if row["level"] == level]
        columns = ["influenced_amount", "sold_units"]
        if level != "product category":
            columns += ["purchases", "after_online_contact"]
        for column in columns:
            total = sum(row[column] or 0 for row in parts)
            assert total == pytest.approx(whole[column]), (level, column)
    unknown = [row for row in told if row["unidentified_unit_share"] == 1]
    assert unknown, "distributors that share no baskets are told"
    assert all(row["influenced_amount"] is None for row in unknown), "and nothing is guessed"


def test_q31_is_counted_contact_by_contact(
    marts: duckdb.DuckDBPyConnection,
    contacts: dict[int, list[dict[str, Any]]],
    journeys: dict[int, dict[str, Any]],
) -> None:
    counted: dict[tuple[str, str], list[tuple[int, int, int, int]]] = defaultdict(list)
    for key, journey in journeys.items():
        people = "known people" if journey["is_identified"] else "unknown people"
        walked = [rank(contact) for contact in before(contacts[key])]
        moves = list(pairwise(walked))
        entries = sum(a != b for a, b in moves) + bool(walked)
        loops = entries - len(set(walked))
        back = sum(1 <= b < a for a, b in moves)
        if journey["outcome"] == "converted" and walked:
            moves.append((walked[-1], 4))
        skipped = sum(b - a - 1 for a, b in moves if a >= 1 and b > a + 1)
        counted[people, journey["outcome"]].append((len(walked), loops, back, skipped))
    told = {(row["people"], row["outcome"]): row for row in asked(marts, "q31")}
    assert set(told) == set(counted)
    for group, walks in counted.items():
        row = told[group]
        assert row["journeys"] == len(walks)
        linear = [loops + back + skipped == 0 for _, loops, back, skipped in walks]
        several = [is_linear for walk, is_linear in zip(walks, linear, strict=True) if walk[0] >= 2]
        assert row["linear_share"] == pytest.approx(sum(linear) / len(walks))
        assert row["journeys_of_two_contacts"] == len(several)
        assert row["linear_share_of_two_contacts"] == pytest.approx(sum(several) / len(several))
        for number, name in ((1, "loops"), (2, "back_steps"), (3, "skipped_stages")):
            mean = sum(walk[number] for walk in walks) / len(walks)
            assert row[f"{name}_per_journey"] == pytest.approx(mean), (group, name)


def test_moves_between_stages_are_those_of_every_journey(
    marts: duckdb.DuckDBPyConnection,
    contacts: dict[int, list[dict[str, Any]]],
    journeys: dict[int, dict[str, Any]],
) -> None:
    ends = {"converted": "(conversion)", "lapsed": "(lapse)", "open": "(open)"}
    walked: Counter[tuple[str, str]] = Counter()
    for key, journey in journeys.items():
        stages = [contact["stage"] for contact in before(contacts[key])]
        walked.update(pairwise(["(start)", *stages, ends[journey["outcome"]]]))
    told = {
        (one, other): count
        for one, other, count in rows(
            marts,
            "select from_stage, to_stage, sum(transition_count) "
            "from marts.fct_stage_transition_monthly group by all",
        )
    }
    assert told == walked

"""Customers that are parted, joined again and recognised late: the marts follow, and say so.

One story of the sample company, told by runs of the main job on a copy of the project whose list
of decisions the test edits:
    recognised   a steward parts two records of one customer; a device that nobody knew logs in
    anew         the same, the whole warehouse built anew
    joined       the steward's row is gone
    gate         the steward wrongly joins many customers; nothing is published
    parted       the first row again: what failed has left no trace
"""

from __future__ import annotations

import csv
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from main_job import LOGS, MainJob, Outcome, Stage, differing_tables

SEED = Path("dbt_project") / "seeds" / "customer_link_decisions.csv"
LAST_DAY = "events_2025-12-31.parquet"
LOG_IN_AT = "2025-12-31 12:00:00"

# What sets a customer beside all others moves with any of them.
RELATIVE = {
    "load_id", "value_decile", "share_of_net_amount", "expected_orders_12_months",
    "expected_margin_12_months_amount", "expected_net_12_months_amount", "lifetime_net_amount",
    "lifetime_margin_amount", "lifetime_decile", "probability_alive", "churn_risk", "churn_class",
    "recency_score", "frequency_score", "monetary_score", "rfm_segment", "value_model",
    "cumulative_share_of_net_amount", "expected_follow_share", "model_version", "drivers",
    "purchase_probability", "next_step_probability", "expected_stage",
    "next_awareness_probability", "next_consideration_probability", "next_intent_probability",
    "next_purchase_probability", "next_service_probability", "next_loyalty_probability",
}  # fmt: skip


@dataclass(frozen=True)
class Picked:
    """Whom the story is about."""

    parted_key: int
    one_record: str
    other_record: str
    device: str
    device_key: int
    account: str
    account_key: int
    conversion: Any


@dataclass(frozen=True)
class Story:
    """The stages of the story."""

    picked: Picked
    before: Stage
    recognised: Stage
    anew: Stage
    joined: Stage
    gate: Outcome
    hash_before_gate: str
    hash_after_gate: str
    parted: Stage


@pytest.fixture(scope="module")
def story(sample: MainJob, whole: Stage, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("changes")
    job = sample.copy_to(folder / "data").with_own_project(folder / "project")
    picked = pick(whole.warehouse)
    decide(job, [("cannot_link", picked.one_record, picked.other_record)])
    log_in(job.data / "inbox" / "sample" / "ga4" / LAST_DAY, picked)
    recognised = job.stage("recognised")
    anew = job.stage("anew", "--full-refresh")
    decide(job, [])
    joined = job.stage("joined")
    decide(job, [("must_link", *pair) for pair in strangers(whole.warehouse)])
    hash_before_gate = job.published_hash()
    gate = job.run()
    hash_after_gate = job.published_hash()
    decide(job, [("cannot_link", picked.one_record, picked.other_record)])
    return Story(
        picked, whole, recognised, anew, joined, gate, hash_before_gate, hash_after_gate,
        job.stage("parted"),
    )  # fmt: skip


def decide(job: MainJob, decisions: list[tuple[str, str, str]]) -> None:
    """Write the steward's list."""
    path = job.root / SEED
    header = path.read_text(encoding="utf-8").splitlines()[0]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(header + "\n")
        rows = csv.writer(file, lineterminator="\n")
        for decision in decisions:
            rows.writerow(["sample", *decision, "Ann Steward", "2026-01-02", "Asked by phone"])


def pick(warehouse: Path) -> Picked:
    """A customer whom two records' purchases, a case or a lead are known of; and an unknown device
    whose visits lie within the lookback before an account holder's purchase."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        parted = connection.execute("""
            with buyers as (
                select distinct customer_key, record_id from marts.fct_sale_line
                where customer_key <> -1
            ),
            served as (
                select customer_key from marts.fct_ticket union select customer_key
                from marts.fct_lead
            )
            select customer_key, one.record_id, other.record_id
            from buyers as one
            inner join buyers as other using (customer_key)
            semi join served using (customer_key)
            where one.record_id < other.record_id
            order by (
                select count(*) from marts.bridge_customer_identity as bridge
                where bridge.customer_key = one.customer_key
            ) desc, one.record_id, other.record_id
            limit 1
        """).fetchall()[0]
        late = connection.execute(
            """
            with alone as (
                select customer_key from marts.bridge_customer_identity
                group by customer_key
                having count(*) = 1 and any_value(record_type) = 'device'
            ),
            visits as (
                select record_id, customer_key, min(occurred_at) as first_at,
                    max(occurred_at) as last_at, count(*) as visits
                from marts.fct_touchpoint semi join alone using (customer_key)
                where is_engagement
                group by all
            ),
            accounts as (
                select customer_key, record_id from marts.bridge_customer_identity
                where record_type = 'shop_customer' and customer_key <> ?
            )
            select visits.record_id, visits.customer_key, accounts.record_id,
                accounts.customer_key, journey.converted_at
            from visits
            inner join marts.fct_journey as journey
                on visits.last_at < journey.converted_at
                and visits.first_at > journey.converted_at - interval 29 days
            inner join accounts on journey.customer_key = accounts.customer_key
            where not exists (
                select 1 from marts.fct_journey as earlier
                where earlier.customer_key = journey.customer_key
                    and earlier.converted_at < journey.converted_at
                    and earlier.converted_at > visits.first_at
            )
            order by visits.visits desc, visits.record_id, journey.converted_at
            limit 1
            """,
            [parted[0]],
        ).fetchall()[0]
    return Picked(*parted, *late)


def log_in(path: Path, picked: Picked) -> None:
    """Send the last day once more, with a visit in which the device names the account."""
    device = picked.device.split(":")[1]
    account = picked.account.split(":")[1]
    beside = path.with_suffix(".new")
    with duckdb.connect() as connection:
        connection.execute(f"""
            create view visit as
            select * from read_parquet('{path.parent}/events_2*.parquet')
            where user_pseudo_id = '{device}' and event_name = 'page_view'
            order by event_timestamp desc limit 1
        """)
        connection.execute(f"""
            copy (
                from '{path}'
                union all by name
                select * replace (
                    '{account}' as user_id,
                    epoch_us(timestamp '{LOG_IN_AT}') as event_timestamp,
                    '20251231' as event_date
                ) from visit
            ) to '{beside}' (format parquet)
        """)
        assert connection.execute("select count(*) from visit").fetchall() == [(1,)]
    shutil.move(beside, path)


def strangers(warehouse: Path) -> list[tuple[str, str]]:
    """Pairs of records of customers that have nothing in common: a fifth of all."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute("""
            with oldest as (
                select record_id, row_number() over (order by record_id) as number
                from marts.bridge_customer_identity where link_depth = 0
            )
            select one.record_id, other.record_id
            from oldest as one
            inner join oldest as other on one.number + 1 = other.number
            where one.number % 5 = 0
        """).fetchall()


def ask(stage: Stage, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(stage.warehouse), read_only=True) as connection:
        return connection.execute(query, list(values)).fetchall()


def members(stage: Stage, key: int) -> set[str]:
    """Records of a customer."""
    found = ask(
        stage, "select record_id from marts.bridge_customer_identity where customer_key = ?", key
    )
    return {record for (record,) in found}


def key_of(stage: Stage, record: str) -> int:
    ((key,),) = ask(
        stage, "select customer_key from marts.bridge_customer_identity where record_id = ?", record
    )
    return key


def assert_marts_agree(stage: Stage) -> None:
    """Facts follow the bridge, and what is summed from them follows the facts."""
    for fact in ("fct_touchpoint", "fct_sale_line", "fct_lead"):
        assert not ask(
            stage,
            f"""
            select fact.record_id, fact.customer_key, bridge.customer_key
            from marts.{fact} as fact
            left join marts.bridge_customer_identity as bridge using (record_id)
            where fact.customer_key <> coalesce(bridge.customer_key, -1)
            """,
        )
    assert not ask(
        stage,
        """
        select * from marts.bridge_journey_touchpoint as step
        inner join marts.fct_touchpoint as touchpoint using (touchpoint_key)
        inner join marts.fct_journey as journey using (journey_key)
        where step.customer_key <> touchpoint.customer_key
            or step.customer_key <> journey.customer_key
        """,
    )
    assert not ask(
        stage,
        """
        with credited as (
            select attribution_model, conversion_key, sum(weight) as weight,
                sum(credited_revenue_amount) as revenue
            from marts.fct_attribution group by all
        )
        select * from credited
        full join marts.fct_conversion as conversion using (conversion_key)
        where weight is distinct from 1 or revenue is distinct from conversion.revenue_amount
        """,
    )
    assert not ask(
        stage,
        """
        with known as (
            select customer_key from marts.dim_customer where is_current
        ),
        used as (
            select customer_key from marts.bridge_customer_identity
            union select customer_key from marts.fct_customer_value_monthly
            union select customer_key from marts.fct_in_market_daily
            union select customer_key from marts.fct_ticket
            union select customer_key from marts.customer_timeline
            union select customer_key from marts.customer_360
        )
        from used anti join known using (customer_key)
        """,
    )
    assert not ask(
        stage,
        """
        with bought as (
            select customer_key, sum(net_amount) as amount from marts.fct_sale_line
            where customer_key <> -1 group by all
        )
        select * from bought inner join marts.customer_360 using (customer_key)
        where abs(amount - net_amount) > 1e-6
        """,
    )


def changed_customers(one: Stage, other: Stage, left_out: set[int]) -> dict[str, str]:
    """Marts whose rows of customers other than `left_out` differ, with an example."""
    different = {}
    keys = ", ".join(map(str, left_out))
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one.warehouse}' as a (read_only)")
        connection.execute(f"attach '{other.warehouse}' as b (read_only)")
        tables = connection.execute("""
            select table_name, list(column_name order by column_index),
                list(data_type order by column_index)
            from duckdb_columns() where database_name = 'a' and schema_name = 'marts'
            group by table_name having bool_or(column_name = 'customer_key')
        """).fetchall()
        assert len(tables) > 15
        for name, columns, kinds in tables:
            if f"marts.{name}" in LOGS:
                continue
            listed = ", ".join(
                f"round({column}, 6)" if kind == "DOUBLE" else column
                for column, kind in zip(columns, kinds, strict=True)
                if column not in RELATIVE
            )
            others = f"customer_key not in ({keys})"
            if name == "customer_timeline":  # tells of the change itself, with its time
                others += " and event_kind <> 'identity'"
            if name == "fct_attribution":  # these learn from everybody's journeys
                others += " and attribution_model not in ('markov', 'shapley_rate')"
            if "linked_customer_key" in columns:
                others += f" and linked_customer_key not in ({keys})"
            rows = [
                connection.execute(
                    f"select {listed} from {x}.marts.{name} where {others} except all "
                    f"select {listed} from {y}.marts.{name} where {others}"
                ).fetchall()
                for x, y in ("ab", "ba")
            ]
            if any(rows):
                different[name] = f"{len(rows[0])} against {len(rows[1])}: {[r[:2] for r in rows]}"
    return different


def test_a_parted_customer_becomes_two(story: Story) -> None:
    """Every record stays with one of them; the larger part keeps the key."""
    picked, parted = story.picked, story.recognised
    were = members(story.before, picked.parted_key)
    keys = {key_of(parted, record) for record in were}
    assert len(were) > 2 and len(keys) == 2 and picked.parted_key in keys
    (new_key,) = keys - {picked.parted_key}
    assert key_of(parted, picked.one_record) != key_of(parted, picked.other_record)
    assert members(parted, picked.parted_key) | members(parted, new_key) == were
    assert len(members(parted, picked.parted_key)) >= len(members(parted, new_key))
    assert not ask(story.before, "select 1 from marts.dim_customer where customer_key = ?", new_key)


def test_the_marts_follow(story: Story) -> None:
    for stage in (story.recognised, story.joined):
        assert_marts_agree(stage)
    picked, parted = story.picked, story.recognised
    for record in (picked.one_record, picked.other_record):
        bought = "select distinct customer_key from marts.fct_sale_line where record_id = ?"
        assert ask(parted, bought, record) == [(key_of(parted, record),)]


def test_a_late_login_brings_its_past_along(story: Story) -> None:
    """Visits of weeks ago become the customer's, and share the credit of the purchase after."""
    picked, parted = story.picked, story.recognised
    assert key_of(story.before, picked.device) == picked.device_key
    assert key_of(parted, picked.device) == picked.account_key
    assert not ask(
        parted, "select 1 from marts.dim_customer where customer_key = ?", picked.device_key
    )
    visits = """
        select touchpoint.occurred_at, journey.converted_at, sum(credit.weight)
        from marts.fct_touchpoint as touchpoint
        inner join marts.bridge_journey_touchpoint using (touchpoint_key)
        inner join marts.fct_journey as journey using (journey_key)
        left join marts.fct_attribution as credit
            on touchpoint.touchpoint_key = credit.touchpoint_key
            and credit.attribution_model = 'linear'
        where touchpoint.record_id = ? and touchpoint.is_engagement
            and touchpoint.occurred_at < ?
        group by all order by 1
    """
    earlier = ask(story.before, visits, picked.device, picked.conversion)
    now = ask(parted, visits, picked.device, picked.conversion)
    assert earlier and [row[1] for row in earlier] == [None] * len(earlier)
    assert [row[0] for row in now] == [row[0] for row in earlier]
    assert {row[1] for row in now} == {picked.conversion}
    assert all(credit > 0 for *_, credit in now)


def test_nothing_else_changes(story: Story) -> None:
    picked = story.picked
    own = {picked.parted_key, picked.device_key, picked.account_key}
    own |= {key_of(story.recognised, record) for record in members(story.before, picked.parted_key)}
    assert changed_customers(story.before, story.recognised, own) == {}


def test_the_change_is_on_record(story: Story) -> None:
    picked, parted = story.picked, story.recognised
    changes = ask(
        parted,
        """
        select record_id, previous_customer_key, customer_key, change from marts.customer_change
        where changed_at = (select resolved_at from marts.customer_resolution where is_latest)
        """,
    )
    (new_key,) = {key_of(parted, record) for record in members(story.before, picked.parted_key)} - {
        picked.parted_key
    }
    split = {(record, picked.parted_key, new_key, "split") for record in members(parted, new_key)}
    assert set(changes) == split | {
        (picked.device, picked.device_key, picked.account_key, "merged")
    }
    ((incremental, split_keys, merged_keys, scored),) = ask(
        parted,
        "select is_incremental, split_customer_count, merged_customer_count, scored_pair_count "
        "from marts.customer_resolution where is_latest",
    )
    assert (incremental, split_keys, merged_keys) == (True, 1, 1)
    ((all_pairs,),) = ask(
        story.anew, "select scored_pair_count from marts.customer_resolution where is_latest"
    )
    assert scored < 0.05 * all_pairs


def test_it_equals_a_full_refresh(story: Story) -> None:
    assert differing_tables(story.recognised.warehouse, story.anew.warehouse) == {}


def test_joined_again_it_is_the_customer_of_before(story: Story) -> None:
    picked, joined = story.picked, story.joined
    assert members(joined, picked.parted_key) == members(story.before, picked.parted_key)
    own = {picked.device_key, picked.account_key}
    assert changed_customers(story.before, joined, own) == {}
    changes = ask(
        joined,
        """
        select distinct previous_customer_key, customer_key, change from marts.customer_change
        where changed_at = (select resolved_at from marts.customer_resolution where is_latest)
        """,
    )
    new_keys = {key_of(story.recognised, r) for r in members(joined, picked.parted_key)}
    (new_key,) = new_keys - {picked.parted_key}
    assert changes == [(new_key, picked.parted_key, "merged")]


def test_a_run_that_moves_too_many_publishes_nothing(story: Story) -> None:
    assert story.gate.code == 1
    assert "few_records_moved" in story.gate.output
    assert "Not published" in story.gate.output
    assert story.hash_after_gate == story.hash_before_gate


def test_the_next_run_does_not_build_on_what_failed(story: Story) -> None:
    """It is the state of before with its keys; the failed run is in no history."""
    different = differing_tables(story.recognised.warehouse, story.parted.warehouse)
    told = different.pop("marts.customer_timeline")
    assert re.match(r"0 rows against \d+, such as .*'customer_split'", told), "its history goes on"
    assert different == {}
    runs = "select count(*) from marts.customer_resolution"
    assert ask(story.parted, runs)[0][0] == ask(story.joined, runs)[0][0] + 1
    ((moved,),) = ask(
        story.parted,
        "select moved_record_count from marts.customer_resolution where is_latest",
    )
    new_keys = {key_of(story.parted, r) for r in members(story.before, story.picked.parted_key)} - {
        story.picked.parted_key
    }
    assert moved == sum(len(members(story.parted, key)) for key in new_keys)

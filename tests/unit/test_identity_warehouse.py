"""The identity step on a build file: customer keys that survive reruns, merges and splits, and
the history of who moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.identity.keys import surrogate_of
from orchestration.identity.options import IdentityError, Options
from orchestration.identity.warehouse import ResolutionReport, resolve_customers
from orchestration.lib.derived_tables import DERIVED, write_empty_derived

Record = tuple[str, int] | tuple[str, int, date]
Link = tuple[str, str, str]
Decision = tuple[str, str, str, str | None]

_BUILD = """
    create schema intermediate;
    create schema seeds;
    create table intermediate.int_customer__person_records (
        record_id varchar, record_type varchar, created_at timestamp, given_name varchar,
        family_name varchar, company_name varchar, birth_date date, email_normalised varchar,
        phone_normalised varchar, street varchar, postal_code varchar, city varchar,
        market_code varchar, is_deleted boolean
    );
    create table intermediate.int_customer__identifiers_collected (
        record_id varchar, identifier_type varchar, identifier_value varchar,
        first_seen_at timestamp, is_generic boolean
    );
    create table intermediate.int_customer__record_relations (
        relation_type varchar, record_id varchar, linked_record_id varchar, related_at timestamp
    );
    create table seeds.customer_link_decisions (
        company varchar, decision varchar, record_id varchar, other_record_id varchar
    );
"""


class World:
    """A build file with hand-made records and ids, and the results of resolving it."""

    def __init__(self, folder: Path) -> None:
        self.build = folder / "build.duckdb"
        self.derived = folder / "derived"
        self.good = folder / "good"

    def resolve(
        self, records: list[Record], links: list[Link], decisions: Sequence[Decision] = ()
    ) -> ResolutionReport:
        """Records are (id, day of creation[, birth date]), links (record, type, shared value).

        The results count as those of the last good run afterwards.
        """
        self.build.unlink(missing_ok=True)
        days = {record[0]: datetime(2025, 1, record[1]) for record in records}
        with duckdb.connect(str(self.build)) as connection:
            connection.execute(_BUILD)
            for record in records:
                born = record[2] if len(record) == 3 else None
                connection.execute(
                    "insert into intermediate.int_customer__person_records by name select "
                    "? as record_id, ? as created_at, ? as birth_date, 'contact' as record_type, "
                    "'Ana' as given_name, false as is_deleted",
                    [record[0], days[record[0]], born],
                )
            for record_id, kind, value in links:
                connection.execute(
                    "insert into intermediate.int_customer__identifiers_collected "
                    "values (?, ?, ?, ?, false)",
                    [record_id, kind, value, days[record_id]],
                )
            for decision, record, other, company in decisions:
                connection.execute(
                    "insert into seeds.customer_link_decisions values (?, ?, ?, ?)",
                    [company, decision, record, other],
                )
        report = resolve_customers(
            self.build, self.derived, self.good, "acme", Options(use_model=False)
        )
        self.good.mkdir(exist_ok=True)
        for table in self.derived.glob("*.parquet"):
            (self.good / table.name).write_bytes(table.read_bytes())
        return report

    def rows(self, table: str = "customer_cluster") -> list[dict[str, Any]]:
        """The written rows."""
        return duckdb.read_parquet(str(self.derived / f"{table}.parquet")).df().to_dict("records")

    def keys(self) -> dict[str, int]:
        """Customer key by record."""
        return {row["record_id"]: row["customer_key"] for row in self.rows()}

    def changes(self) -> list[tuple[Any, ...]]:
        """The history of records that moved."""
        columns = ("record_id", "previous_customer_key", "customer_key", "change")
        return [tuple(row[x] for x in columns) for row in self.rows("customer_change")]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def own_key(record_id: str) -> int:
    return duckdb.execute(f"select {surrogate_of('?::varchar')}", [record_id]).fetchall()[0][0]


def shared(kind: str, value: str, letters: str) -> list[Link]:
    return [(letter, kind, value) for letter in letters]


ABC: list[Record] = [("a", 1), ("b", 2), ("c", 3)]


def test_shared_identifiers_chain_records_into_one_customer(world: World) -> None:
    report = world.resolve(
        [*ABC, ("d", 4)], shared("email", "x", "ab") + shared("phone", "1", "bc")
    )
    keys = world.keys()
    assert keys["a"] == keys["b"] == keys["c"] == own_key("a")
    assert keys["d"] == own_key("d")
    assert (report.records, report.customers, report.largest_cluster) == (4, 2, 3)
    assert (report.linked_records, report.new_customers, report.moved_records) == (3, 2, 0)


def test_rule_moment_and_path_are_those_of_the_strongest_evidence(world: World) -> None:
    world.resolve(
        [("a", 1), ("b", 5), ("c", 9), ("d", 2)],
        shared("phone", "1", "ab") + shared("crm_contact", "k", "bc"),
    )
    rows = {row["record_id"]: row for row in world.rows()}
    expected = {
        "a": ("own_record", 1.0, 1, "a"),
        "b": ("same_phone", 0.85, 5, "a > b"),
        "c": ("same_crm_contact", 1.0, 9, "a > b > c"),
        "d": ("own_record", 1.0, 2, "d"),
    }
    for record, (rule, confidence, day, path) in expected.items():
        row = rows[record]
        assert (row["rule"], row["confidence"], row["link_path"]) == (rule, confidence, path)
        assert row["linked_at"] == datetime(2025, 1, day)


def test_a_second_run_on_the_same_records_changes_nothing(world: World) -> None:
    world.resolve(ABC, shared("email", "x", "ab"))
    first = {path.name: path.read_bytes() for path in world.derived.glob("*.parquet")}
    report = world.resolve(ABC, shared("email", "x", "ab"))
    second = {path.name: path.read_bytes() for path in world.derived.glob("*.parquet")}
    assert {name for name in first if first[name] != second[name]} == {
        "customer_resolution.parquet"
    }
    assert (report.new_customers, report.merged_keys, report.split_keys) == (0, 0, 0)
    assert report.moved_records == 0
    assert world.changes() == []


def test_a_key_stays_when_an_older_record_joins(world: World) -> None:
    world.resolve(ABC[1:], shared("email", "x", "bc"))
    key = world.keys()["b"]
    world.resolve(ABC, shared("email", "x", "abc"))
    assert set(world.keys().values()) == {key}


def test_a_merge_keeps_the_key_of_most_records_and_is_logged(world: World) -> None:
    world.resolve(ABC, shared("email", "x", "bc"))
    before = world.keys()
    report = world.resolve(ABC, shared("email", "x", "bc") + shared("phone", "1", "ab"))
    assert set(world.keys().values()) == {before["b"]}
    assert (report.merged_keys, report.split_keys, report.moved_records) == (1, 0, 1)
    assert report.moved_records_pct == pytest.approx(100 / 3)
    assert world.changes() == [("a", before["a"], before["b"], "merged")]


def test_a_merge_of_equal_parts_keeps_the_older_key(world: World) -> None:
    world.resolve([("b", 2), ("a", 1)], [])
    before = world.keys()
    world.resolve([("b", 2), ("a", 1)], shared("email", "x", "ab"))
    assert set(world.keys().values()) == {before["a"]}


def test_a_split_leaves_the_key_to_the_larger_part(world: World) -> None:
    world.resolve(ABC, shared("email", "x", "abc"))
    key = world.keys()["a"]
    report = world.resolve(ABC, shared("email", "x", "bc"))
    keys = world.keys()
    assert keys["b"] == keys["c"] == key
    # The older record leaves: the key made of its id is in use, so it gets another one.
    assert keys["a"] not in (key, -1)
    assert (report.split_keys, report.merged_keys, report.moved_records) == (1, 0, 1)
    assert world.changes() == [("a", key, keys["a"], "split")]


def test_a_merge_and_its_end_leave_each_its_key_and_the_whole_history(world: World) -> None:
    apart = shared("email", "x", "bc")
    world.resolve(ABC, apart)
    before = world.keys()
    world.resolve(ABC, apart + shared("phone", "1", "ab"))
    world.resolve(ABC, apart)
    assert world.keys() == before
    assert [change[0::3] for change in world.changes()] == [("a", "merged"), ("a", "split")]
    runs = world.rows("customer_resolution")
    assert [run["moved_records"] for run in runs] == [0, 1, 1]


def test_a_decision_of_this_company_holds_and_its_end_too(world: World) -> None:
    links = shared("email", "x", "abc")
    world.resolve(ABC, links)
    before = world.keys()
    world.resolve(ABC, links, [("cannot_link", "a", "b", "acme"), ("cannot_link", "a", "c", None)])
    keys = world.keys()
    assert keys["a"] != keys["b"] == keys["c"] == before["b"]
    world.resolve(ABC, links, [("cannot_link", "a", "b", "other company")])
    assert world.keys() == before


def test_contradictions_are_counted_and_go_to_review(world: World) -> None:
    report = world.resolve(
        [("a", 1, date(1980, 10, 24)), ("b", 2, date(1955, 7, 19)), ("c", 3), ("d", 4)],
        shared("email", "x", "ac") + shared("email", "y", "bd") + shared("phone", "1", "cd"),
        [("must_link", "a", "gone", "acme")],
    )
    keys = world.keys()
    assert keys["a"] == keys["c"] != keys["b"] == keys["d"]
    assert (report.contradicting_clusters, report.broken_up_clusters) == (1, 0)
    review = {row["reason"]: row for row in world.rows("customer_review")}
    cut = review["contradiction"]
    assert (cut["record_id"], cut["linked_record_id"]) == ("c", "d")
    assert (cut["customer_key"], cut["linked_customer_key"]) == (keys["a"], keys["b"])
    assert review["unknown_record_in_decision"]["linked_record_id"] == "gone"
    assert len(review) == report.review_cases == len(world.rows("customer_review")) == 2


def test_no_records_give_empty_results_of_the_declared_columns(world: World) -> None:
    report = world.resolve([], [])
    assert (report.records, report.customers, report.moved_records_pct) == (0, 0, 0.0)
    for table, columns in DERIVED.items():
        relation = duckdb.read_parquet(str(world.derived / f"{table}.parquet"))
        found = dict(zip(relation.columns, (str(x).lower() for x in relation.types), strict=True))
        assert found == columns, table
        assert len(relation) == (1 if table == "customer_resolution" else 0)


def test_a_build_without_the_models_says_what_to_run(tmp_path: Path) -> None:
    build = tmp_path / "build.duckdb"
    with pytest.raises(IdentityError, match="Build the model"):
        resolve_customers(build, tmp_path, tmp_path, "acme")
    with duckdb.connect(str(build)) as connection:
        connection.execute("create schema intermediate")
    with pytest.raises(IdentityError, match="lacks a model"):
        resolve_customers(build, tmp_path, tmp_path, "acme")


def test_empty_results_are_written_once(tmp_path: Path) -> None:
    write_empty_derived(tmp_path)
    cluster = tmp_path / "customer_cluster.parquet"
    assert duckdb.read_parquet(str(cluster)).columns[:2] == ["record_id", "customer_key"]
    cluster.write_bytes(b"kept")
    write_empty_derived(tmp_path)
    assert cluster.read_bytes() == b"kept"

"""Clusters of person records, and customer keys that survive reruns, merges and splits."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.lib.customer_keys import surrogate_of
from orchestration.lib.identity import (
    ClusterReport,
    IdentityError,
    cluster_customers,
    write_empty_cluster,
)

CONFIDENCE = {"email": 0.95, "phone": 0.85, "crm_contact": 1.0, "device": 0.9}
Record = tuple[str, int] | tuple[str, int, date]
Link = tuple[str, str, str]


class World:
    """A build file with hand-made records and links, and the result of clustering it."""

    def __init__(self, folder: Path) -> None:
        self.build = folder / "build.duckdb"
        self.target = folder / "derived" / "customer_cluster.parquet"

    def cluster(self, records: list[Record], links: list[Link]) -> ClusterReport:
        """Records are (id, day of creation[, birth date]), links (record, type, shared value)."""
        self.build.unlink(missing_ok=True)
        with duckdb.connect(str(self.build)) as connection:
            connection.execute("create schema intermediate")
            connection.execute(
                "create table intermediate.int_customer__person_records "
                "(record_id varchar, created_at timestamp, birth_date date)"
            )
            connection.execute(
                "create table intermediate.int_customer__record_identifiers (record_id varchar, "
                "identifier_type varchar, link_key bigint, confidence double, "
                "first_seen_at timestamp, is_link boolean)"
            )
            days = {record[0]: datetime(2025, 1, record[1]) for record in records}
            for record in records:
                born = record[2] if len(record) == 3 else None
                connection.execute(
                    "insert into intermediate.int_customer__person_records values (?, ?, ?)",
                    [record[0], days[record[0]], born],
                )
            for record_id, kind, value in links:
                connection.execute(
                    "insert into intermediate.int_customer__record_identifiers "
                    f"values (?, ?, {surrogate_of('?::varchar')}, ?, ?, true)",
                    [record_id, kind, f"{kind}:{value}", CONFIDENCE[kind], days[record_id]],
                )
        return cluster_customers(self.build, self.target)

    def rows(self) -> dict[str, dict[str, Any]]:
        """The written rows, by record."""
        frame = duckdb.read_parquet(str(self.target)).df()
        return {row["record_id"]: row for row in frame.to_dict("records")}

    def keys(self) -> dict[str, int]:
        """Customer key by record."""
        return {record: row["customer_key"] for record, row in self.rows().items()}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def own_key(record_id: str) -> int:
    return duckdb.execute(f"select {surrogate_of('?::varchar')}", [record_id]).fetchall()[0][0]


def test_shared_identifiers_chain_records_into_one_customer(world: World) -> None:
    report = world.cluster(
        [("a", 1), ("b", 2), ("c", 3), ("d", 4)],
        [("a", "email", "x"), ("b", "email", "x"), ("b", "phone", "1"), ("c", "phone", "1")],
    )
    keys = world.keys()
    assert keys["a"] == keys["b"] == keys["c"] == own_key("a")
    assert keys["d"] == own_key("d")
    assert (report.records, report.customers, report.largest_cluster) == (4, 2, 3)
    assert report.new_customers == 2


def test_rule_confidence_and_moment_are_those_of_the_strongest_evidence(world: World) -> None:
    world.cluster(
        [("a", 1), ("b", 5), ("c", 9), ("d", 2)],
        [
            ("a", "phone", "1"),
            ("b", "phone", "1"),
            ("b", "crm_contact", "k"),
            ("c", "crm_contact", "k"),
        ],
    )
    rows = world.rows()
    assert (rows["a"]["rule"], rows["a"]["confidence"]) == ("same_phone", 0.85)
    assert rows["a"]["linked_at"] == datetime(2025, 1, 5)
    assert (rows["b"]["rule"], rows["b"]["confidence"]) == ("same_crm_contact", 1.0)
    assert rows["b"]["linked_at"] == datetime(2025, 1, 9)
    assert (rows["d"]["rule"], rows["d"]["confidence"]) == ("own_record", 1.0)
    assert rows["d"]["linked_at"] == datetime(2025, 1, 2)


def test_second_run_on_the_same_records_changes_nothing(world: World) -> None:
    records: list[Record] = [("a", 1), ("b", 2), ("c", 3)]
    links = [("a", "email", "x"), ("b", "email", "x")]
    world.cluster(records, links)
    first = world.target.read_bytes()
    report = world.cluster(records, links)
    assert world.target.read_bytes() == first
    assert (report.new_customers, report.merged_keys, report.split_keys) == (0, 0, 0)
    assert report.moved_records == 0


def test_key_stays_when_an_older_record_joins(world: World) -> None:
    world.cluster([("b", 2), ("c", 3)], [("b", "email", "x"), ("c", "email", "x")])
    key = world.keys()["b"]
    world.cluster(
        [("a", 1), ("b", 2), ("c", 3)],
        [("a", "email", "x"), ("b", "email", "x"), ("c", "email", "x")],
    )
    assert set(world.keys().values()) == {key}


def test_merge_keeps_the_key_of_most_records_and_is_logged(world: World) -> None:
    records: list[Record] = [("a", 1), ("b", 2), ("c", 3)]
    world.cluster(records, [("b", "email", "x"), ("c", "email", "x")])
    before = world.keys()
    report = world.cluster(
        records,
        [("b", "email", "x"), ("c", "email", "x"), ("a", "phone", "1"), ("b", "phone", "1")],
    )
    assert set(world.keys().values()) == {before["b"]}
    assert (report.merged_keys, report.split_keys, report.moved_records) == (1, 0, 1)
    log = duckdb.read_parquet(str(world.target.with_name("customer_cluster_log.parquet")))
    assert log.project("record_id, previous_customer_key, customer_key, change").fetchall() == [
        ("a", before["a"], before["b"], "merged")
    ]


def test_merge_of_equal_parts_keeps_the_older_key(world: World) -> None:
    records: list[Record] = [("b", 2), ("a", 1)]
    world.cluster(records, [])
    before = world.keys()
    world.cluster(records, [("a", "email", "x"), ("b", "email", "x")])
    assert set(world.keys().values()) == {before["a"]}


def test_split_leaves_the_key_to_the_larger_part(world: World) -> None:
    records: list[Record] = [("a", 1), ("b", 2), ("c", 3)]
    world.cluster(records, [(r, "email", "x") for r in "abc"])
    key = world.keys()["a"]
    report = world.cluster(records, [("b", "email", "x"), ("c", "email", "x")])
    keys = world.keys()
    assert keys["b"] == keys["c"] == key
    # The older record leaves: the key made of its id is in use, so it gets another one.
    assert keys["a"] not in (key, -1)
    assert (report.split_keys, report.merged_keys, report.moved_records) == (1, 0, 1)


def test_merge_and_split_again_gives_each_part_a_key_of_its_own(world: World) -> None:
    records: list[Record] = [("a", 1), ("b", 2), ("c", 3)]
    apart = [("b", "email", "x"), ("c", "email", "x")]
    world.cluster(records, apart)
    before = world.keys()
    world.cluster(records, [*apart, ("a", "phone", "1"), ("b", "phone", "1")])
    world.cluster(records, apart)
    assert world.keys() == before


def test_contradicting_birth_dates_drop_the_weaker_link(world: World) -> None:
    report = world.cluster(
        [("a", 1, date(1980, 1, 1)), ("b", 2, date(1990, 1, 1)), ("c", 3), ("d", 4)],
        [
            ("a", "email", "x"),
            ("c", "email", "x"),
            ("b", "email", "y"),
            ("d", "email", "y"),
            ("c", "phone", "1"),
            ("d", "phone", "1"),
        ],
    )
    keys = world.keys()
    assert keys["a"] == keys["c"]
    assert keys["b"] == keys["d"]
    assert keys["a"] != keys["b"]
    assert report.contradicting_clusters == 1


def test_contradiction_by_mail_is_broken_up_and_ids_hold(world: World) -> None:
    world.cluster(
        [("a", 1, date(1980, 1, 1)), ("b", 2, date(1990, 1, 1)), ("c", 3)],
        [
            ("a", "email", "x"),
            ("b", "email", "x"),
            ("b", "crm_contact", "k"),
            ("c", "crm_contact", "k"),
        ],
    )
    keys = world.keys()
    assert keys["b"] == keys["c"] != keys["a"]


def test_no_records_give_an_empty_result(world: World) -> None:
    report = world.cluster([], [])
    assert report.customers == 0
    assert world.rows() == {}


def test_build_without_the_models_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match="Build the model"):
        cluster_customers(tmp_path / "none.duckdb", tmp_path / "target.parquet")
    with duckdb.connect(str(tmp_path / "build.duckdb")) as connection:
        connection.execute("create table other (i integer)")
    with pytest.raises(IdentityError, match="lacks a model"):
        cluster_customers(tmp_path / "build.duckdb", tmp_path / "target.parquet")


def test_empty_cluster_is_written_once(tmp_path: Path) -> None:
    target = tmp_path / "derived" / "customer_cluster.parquet"
    write_empty_cluster(target)
    assert duckdb.read_parquet(str(target)).columns[:2] == ["record_id", "customer_key"]
    target.write_bytes(b"kept")
    write_empty_cluster(target)
    assert target.read_bytes() == b"kept"

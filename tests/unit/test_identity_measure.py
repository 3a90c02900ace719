"""Scores of a resolution: worked by hand, and against listing every pair."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path

import duckdb
import pytest

from orchestration.identity.__main__ import main
from orchestration.identity.measure import MeasureError, measure, measure_by

Partition = dict[str, object]


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        yield opened


def write(connection: duckdb.DuckDBPyConnection, table: str, partition: Partition) -> str:
    connection.execute(f"create or replace table {table} (record_id varchar, cluster varchar)")
    if partition:
        rows = [[key, None if value is None else str(value)] for key, value in partition.items()]
        connection.executemany(f"insert into {table} values (?, ?)", rows)
    return table


def score(connection, predicted: Partition, truth: Partition):
    return measure(
        connection, write(connection, "predicted", predicted), write(connection, "truth", truth)
    )


def partition(text: str) -> Partition:
    """'ab c' puts records a and b into one cluster, c into another."""
    return {record: number for number, part in enumerate(text.split()) for record in part}


def test_a_partition_agrees_with_itself(connection):
    found = score(connection, partition("abc de f"), partition("f ed cba"))
    assert (found.precision, found.recall, found.f1, found.bcubed_f1) == (1, 1, 1, 1)
    assert (found.true_pairs, found.predicted_pairs, found.correct_pairs) == (4, 4, 4)
    assert (found.records, found.true_clusters, found.predicted_clusters) == (6, 3, 3)


def test_worked_by_hand(connection):
    # Truth {a,b,c} {d,e}; predicted {a,b} {c,d,e}. Pairs: truth ab ac bc de, predicted ab cd ce
    # de, right ab de. B-cubed precision: a 1, b 1, c 1/3, d 2/3, e 2/3; recall: a 2/3, b 2/3,
    # c 1/3, d 1, e 1.
    found = score(connection, partition("ab cde"), partition("abc de"))
    assert (found.true_pairs, found.predicted_pairs, found.correct_pairs) == (4, 4, 2)
    assert (found.false_pairs, found.missed_pairs, found.largest_cluster) == (2, 2, 3)
    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)
    assert found.bcubed_precision == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3) / 5)
    assert found.bcubed_recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)


def test_all_in_one_and_all_apart(connection):
    one = score(connection, partition("abcd"), partition("ab cd"))
    assert (one.precision, one.recall, one.f1) == (2 / 6, 1, 0.5)
    assert (one.bcubed_precision, one.bcubed_recall) == (0.5, 1)
    apart = score(connection, partition("a b c d"), partition("ab cd"))
    assert (apart.precision, apart.recall, apart.f1) == (1, 0, 0)
    assert (apart.bcubed_precision, apart.bcubed_recall) == (1, 0.5)


def test_nobody_has_a_second_record(connection):
    found = score(connection, partition("a b"), partition("a b"))
    assert (found.f1, found.bcubed_f1, found.true_pairs) == (1, 1, 0)


def test_a_record_without_prediction_stands_alone_and_is_counted(connection):
    found = score(connection, {"a": 1, "b": 1, "c": None}, partition("abcd"))
    assert (found.unresolved_records, found.predicted_clusters) == (2, 3)
    assert (found.predicted_pairs, found.correct_pairs, found.true_pairs) == (1, 1, 6)


def test_a_record_without_truth_is_left_out(connection):
    found = score(connection, partition("abxy"), {"a": 1, "b": 2, "x": None})
    assert (found.records, found.predicted_pairs, found.correct_pairs) == (2, 1, 0)
    assert found.largest_cluster == 2


def test_same_as_listing_all_pairs(connection):
    chance = random.Random(7)
    for _ in range(25):
        names = [f"r{number}" for number in range(chance.randint(2, 40))]
        truth = {name: chance.randint(1, 12) for name in names}
        predicted = {
            name: truth[name] if chance.random() < 0.7 else chance.randint(1, 12) for name in names
        }
        found = score(connection, predicted, truth)
        pairs = list(combinations(names, 2))
        true = {(a, b) for a, b in pairs if truth[a] == truth[b]}
        put = {(a, b) for a, b in pairs if predicted[a] == predicted[b]}
        assert found.true_pairs == len(true)
        assert found.predicted_pairs == len(put)
        assert found.correct_pairs == len(true & put)
        precisions, recalls = [], []
        for name in names:
            mine = {other for other in names if predicted[other] == predicted[name]}
            really = {other for other in names if truth[other] == truth[name]}
            precisions.append(len(mine & really) / len(mine))
            recalls.append(len(mine & really) / len(really))
        assert found.bcubed_precision == pytest.approx(sum(precisions) / len(names))
        assert found.bcubed_recall == pytest.approx(sum(recalls) / len(names))


def test_groups_sum_to_the_whole(connection):
    chance = random.Random(3)
    names = [f"r{number}" for number in range(60)]
    truth = {name: chance.randint(1, 20) for name in names}
    predicted = {name: truth[name] if chance.random() < 0.8 else 99 for name in names}
    whole = score(connection, predicted, truth)
    connection.execute("create table groups as select record_id, cluster as group_name from truth")
    connection.execute(
        "update groups set group_name = ['web', 'shop'][1 + (hash(record_id) % 2)::bigint]"
    )
    by_group = measure_by(connection, "predicted", "truth", "groups")
    assert set(by_group) == {"web", "shop"}
    for count in ("records", "true_pairs", "predicted_pairs", "correct_pairs"):
        assert sum(getattr(one, count) for one in by_group.values()) == getattr(whole, count)
    weighted = sum(one.records * one.bcubed_precision for one in by_group.values())
    assert weighted / whole.records == pytest.approx(whole.bcubed_precision)


def test_a_group_is_judged_with_the_partners_elsewhere(connection):
    write(connection, "predicted", partition("ab cd"))
    write(connection, "truth", partition("ab c d"))
    connection.execute("create table groups (record_id varchar, group_name varchar)")
    connection.execute("insert into groups values ('a', 'x'), ('b', 'y'), ('c', 'y'), ('d', 'z')")
    found = measure_by(connection, "predicted", "truth", "groups")
    assert (found["x"].precision, found["z"].precision, found["y"].precision) == (1, 0, 0.5)


def test_a_record_twice_is_refused(connection):
    write(connection, "truth", partition("ab"))
    connection.execute("create table predicted as from truth union all from truth")
    with pytest.raises(MeasureError, match=r"predicted has record '[ab]' more than once"):
        measure(connection, "predicted", "truth")


def test_tables_without_a_common_record_are_refused(connection):
    with pytest.raises(MeasureError, match="no record in common"):
        score(connection, partition("ab"), partition("xy"))
    with pytest.raises(MeasureError, match="no record in common"):
        score(connection, {}, {})


def test_a_table_without_clusters_is_refused(connection):
    write(connection, "truth", partition("ab"))
    connection.execute("create table predicted as select record_id as record from truth")
    with pytest.raises(MeasureError, match="needs columns record_id and cluster or cluster_id"):
        measure(connection, "predicted", "truth")
    with pytest.raises(MeasureError, match="cannot be read"):
        measure(connection, "nothing_here", "truth")


def test_files_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "found.csv").write_text("record_id,cluster_id\na,1\nb,1\nc,1\n")
    (tmp_path / "truth.csv").write_text("record_id,person_id\na,p1\nb,p1\nc,p2\n")
    (tmp_path / "groups.csv").write_text("record_id,group_name\na,web\nb,web\nc,shop\n")
    found, truth, groups = (str(tmp_path / f"{n}.csv") for n in ("found", "truth", "groups"))
    assert main(["measure", found, truth, "--groups", groups]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("F1 0.5000 (precision 0.3333, recall 1.0000)")
    assert "\nshop: F1 0.0000 (precision 0.0000" in printed
    assert main(["measure", found, str(tmp_path / "missing.csv")]) == 2
    assert "missing.csv cannot be read" in capsys.readouterr().err

"""The benchmark's own parts at tiny size: what is compared is the same on both sides."""

import json
from pathlib import Path

import duckdb
import pytest

from orchestration.bench import by_hand, identity, identity_people, ingestion
from orchestration.bench.__main__ import as_table, main
from orchestration.bench.line import BenchError, LineRun
from orchestration.bench.parts import Line, Options, add_new_files, enough_disk
from orchestration.identity.measure import Scores, measure
from orchestration.lib.settings import Settings


def node(name: str, kind: str, materialized: str = "table") -> dict:
    return {
        "name": name,
        "schema": "marts",
        "resource_type": kind,
        "original_file_path": f"dbt_project/seeds/{name}.csv",
        "config": {"materialized": materialized},
    }


def artifacts(folder: Path, nodes: dict[str, tuple[dict, str]]) -> None:
    folder.mkdir(parents=True)
    manifest = {"nodes": {key: found for key, (found, _) in nodes.items()}}
    results = [{"unique_id": key, "compiled_code": sql} for key, (_, sql) in nodes.items()]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "run_results.json").write_text(json.dumps({"results": results}))


def test_a_builds_statements_run_in_its_order_and_only_those_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    target = tmp_path / "target"
    artifacts(
        target / "dbt-abcdef1-1",
        {
            "model.a": (node("a", "model", "incremental"), "select 1 as x"),
            "model.b": (node("b", "model", "view"), "select x + 1 as x from marts.a"),
            "test.b": (node("b_is_two", "test"), "select * from marts.b where x <> 2"),
        },
    )
    artifacts(target / "dbt-0000000-1", {"model.old": (node("old", "model"), "select wrong")})
    calls = by_hand.statements(target, "abcdef1f-more")
    assert [[s.kind for s in call] for call in calls] == [["table", "view", "test"]]
    monkeypatch.setenv("CFS_DATA_DIR", str(tmp_path / "data"))
    database = tmp_path / "hand" / "build.duckdb"
    found = by_hand.run_by_hand(calls, database, Settings.from_environment())
    assert set(found["by_name"]) == {"a", "b", "b_is_two"}
    assert found["seconds"] == pytest.approx(sum(found["by_kind"].values()))
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select x from marts.b").fetchall() == [(2,)]


def test_both_ways_of_ingestion_load_every_row(tmp_path: Path):
    found = ingestion.measure(tmp_path / "work", 3000, 1)
    assert found.rows == 3000
    assert found.line_seconds > 0
    assert found.hand_seconds > 0
    assert not (tmp_path / "work").exists()


def test_a_way_that_loses_rows_is_not_measured(tmp_path: Path):
    file = tmp_path / "file.csv"
    ingestion.write_file(file, 10, 1)
    layout = ingestion.load_layouts()[ingestion.LAYOUT]
    with pytest.raises(BenchError, match="10 of 11 rows"):
        ingestion.by_hand(file, tmp_path / "file.parquet", layout, 1, 11)


def test_steps_belong_to_build_gate_or_feeds():
    steps = {"a__b": 1.0, "bronze__manifest": 2.0, "dbt": 3.0, "dbt_2": 4.0, "audit": 5.0}
    steps |= {"identity": 6.0, "published__customer_full_stack": 7.0}
    run = LineRun("id", 30.0, steps, True)
    assert (run.feed_seconds, run.build_seconds, run.gate_seconds) == (3.0, 13.0, 5.0)


def test_only_files_that_are_new_or_other_are_added(tmp_path: Path):
    source, target = tmp_path / "source", tmp_path / "target"
    for folder, files in ((source, {"a": "1", "b": "2", "c": "3"}), (target, {"a": "1", "b": "x"})):
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
    assert add_new_files(source, target) == 2
    assert (target / "b").read_text() == "2"


def test_too_little_disk_is_said_before_anything_is_made(tmp_path: Path):
    options = Options(tmp_path, scale=1e9, seed=1, threads=1, rounds=1, rows=1)
    with pytest.raises(BenchError, match="--folder"):
        enough_disk(options)


def test_an_aim_is_reached_or_missed():
    lines = [
        Line("a", "1 s", "2 s", 0.5, 0.6),
        Line("b", "3 s", "2 s", 1.5, 1.3),
        Line("c", "", "", 1),
    ]
    assert [line.reached for line in lines] == [True, False, None]
    assert as_table(lines, "title").row_count == 3


def test_chosen_parts_write_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CFS_DATA_DIR", str(tmp_path))
    assert main(["ingest", "--rows", "2000", "--threads", "1", "--name", "tiny"]) == 0
    report = json.loads((tmp_path / "bench" / "tiny.json").read_text())
    assert report["versions"]["duckdb"] == duckdb.__version__
    assert [line["what"] for line in report["lines"]] == ["CSV of 0.002 million rows to bronze"]
    with pytest.raises(SystemExit):
        main(["nonsense"])


def people(rows: int, noise: float = 1.0, seed: int = 1, threads: int = 2):
    connection = duckdb.connect(config={"threads": threads})
    identity_people.generate(connection, rows, noise, seed)
    return connection


def number(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    return connection.execute(query).fetchall()[0][0]


def test_a_seed_gives_the_same_people_whatever_the_threads():
    joined = "records inner join truth using (record_id)"
    counted = f"select bit_xor(hash(records, cluster)) from {joined}"
    with people(3000, threads=1) as one, people(3000, threads=3) as other:
        assert number(one, counted) == number(other, counted)
    with people(3000, seed=2) as other, people(3000) as one:
        assert number(one, counted) != number(other, counted)


def test_people_have_one_to_eight_records_and_each_record_one_person():
    with people(5000) as connection:
        assert number(connection, "select count(distinct record_id) from records") == 5000
        joined = "select count(*) from records inner join truth using (record_id)"
        assert number(connection, joined) == 5000
        sizes = connection.execute(
            "select size, count(*) from (select count(*) as size from truth group by cluster) "
            "group by size"
        ).fetchall()
        assert dict(sizes).keys() == set(range(1, 9))
        assert dict(sizes)[1] > dict(sizes)[2] > dict(sizes)[4] > dict(sizes)[8]


def test_no_two_people_share_an_email_but_by_household_or_slip():
    with people(5000, noise=0) as connection:
        shared = connection.execute(
            "select email from records inner join truth using (record_id) where email is not null "
            "group by all having count(distinct cluster) > 1"
        ).fetchall()
        assert shared == []


def test_noise_makes_records_of_a_person_differ():
    # Share of pairs of a person's records that say the same given name, both lower-cased.
    query = """
        select avg((lower(strip_accents(a.given_name)) = lower(strip_accents(b.given_name)))::int)
        from truth as x inner join truth as y
            on x.cluster = y.cluster and x.record_id < y.record_id
        inner join records as a on a.record_id = x.record_id
        inner join records as b on b.record_id = y.record_id
    """
    agree = []
    for noise in (0, 0.5, 1, 2):
        with people(5000, noise=noise) as connection:
            agree.append(number(connection, query))
    assert agree[0] == 1
    assert agree == sorted(agree, reverse=True)
    assert agree[3] < 0.7 * agree[0]


def test_rules_by_hand_find_most_of_tidy_people(tmp_path: Path):
    identity_people.write_files(tmp_path, 3000, 0.5, 1, 2)
    found = identity.run("rules", tmp_path, 1)
    assert found["seconds"] > 0
    assert found["peak_bytes"] > 50e6
    with duckdb.connect() as connection:
        scores = measure(connection, tmp_path / "rules.parquet", tmp_path / "truth.parquet")
    assert scores.unresolved_records == 0
    assert scores.f1 > 0.85


def test_a_rival_that_fails_is_named(tmp_path: Path):
    with pytest.raises(BenchError, match="rules failed"):
        identity.run("rules", tmp_path, 1)


def test_errors_are_compared_not_scores():
    def outcome(rival: str, correct: int, seconds: float) -> identity.Outcome:
        scores = Scores(1000, 500, 500, 4, 0, 100, 100, correct, 0.9, 0.9)
        return identity.Outcome(rival, scores, seconds, 10**9)

    outcomes = {"ours": outcome("ours", 95, 3), "splink": outcome("splink", 90, 4)}
    found = identity.Measured(1000, 1.0, outcomes | {"rules": outcome("rules", 80, 1)})
    lines = [Line(*one) for one in identity.comparisons(found)]
    assert [round(line.value, 4) for line in lines] == [0.5, 1.0, 0.25, 0.75, 1.0]
    assert lines[0].what == "1k records, noise 1: errors"
    assert all(line.reached for line in lines[:4])


def test_one_number_of_rows_gives_one_set():
    assert identity.sets(5000) == ((5000, 1.0),)
    assert {rows for rows, _ in identity.sets(None)} == {100_000, 1_000_000}


def test_identity_is_measured_against_its_rivals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CFS_DATA_DIR", str(tmp_path))
    arguments = ["--rows", "2000", "--rounds", "1", "--threads", "1", "--name", "tiny"]
    assert main(["identity", *arguments]) == 0
    report = json.loads((tmp_path / "bench" / "tiny.json").read_text())
    found = report["numbers"]["identity"]["2k records, noise 1"]
    assert {rival: one["records"] for rival, one in found.items()} == {
        "rules": 2000,
        "splink": 2000,
        "ours": 2000,
    }
    assert found["ours"]["unresolved_records"] == 0
    assert found["ours"]["f1"] > found["rules"]["f1"] > 0.6
    assert not (tmp_path / "bench" / "work" / "identity").exists()

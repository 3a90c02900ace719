"""The benches of journeys and attribution at tiny size: all sides come to the same."""

import json
from pathlib import Path

import duckdb
import pytest

from orchestration.bench import (
    attribution,
    attribution_naive,
    attribution_runs,
    journeys,
    journeys_rivals,
    touches,
)
from orchestration.bench.__main__ import main
from orchestration.bench.journeys_by_hand import LISTS, WINDOWS
from orchestration.bench.line import BenchError
from orchestration.bench.parts import Line

BOTH = pytest.mark.parametrize("statements", [LISTS, WINDOWS], ids=["lists", "windows"])

# Person, time, what, stage, campaign: `what` is a contact, a click, a visit or a sale.
WORKED = [
    # A click and its visit are one contact; the sale comes last at its instant; service within 30
    # days belongs to the journey that the sale ended, later service begins one.
    ("ann", "2025-01-01 10:00", "click", "consideration", "spring"),
    ("ann", "2025-01-01 10:05", "visit", "consideration", "spring"),
    ("ann", "2025-01-03 10:00", "sale", "purchase", None),
    ("ann", "2025-01-03 10:00", "visit", "intent", None),
    ("ann", "2025-01-05 10:00", "contact", "service", None),
    ("ann", "2025-01-06 10:00", "visit", "awareness", None),
    ("ann", "2025-02-03 10:00", "contact", "loyalty", None),
    # A pause of exactly 30 days goes on, a longer one begins anew.
    ("bob", "2025-01-01 00:00", "visit", "awareness", None),
    ("bob", "2025-01-31 00:00", "visit", "awareness", None),
    ("bob", "2025-03-02 00:00:00.000001", "visit", None, None),
    # A click of another campaign than the visit's is a contact of its own.
    ("cid", "2025-05-01 00:00", "click", "consideration", "spring"),
    ("cid", "2025-05-01 00:01", "visit", "consideration", "summer"),
]


def worked(connection: duckdb.DuckDBPyConnection) -> None:
    """The touches above as a table; the channel is called after what they are."""
    connection.execute(
        "create table touches (touch_id bigint, person varchar, occurred_at timestamp, "
        "channel varchar, stage varchar, campaign varchar, is_click boolean, is_visit boolean, "
        "is_conversion boolean)"
    )
    rows = [
        [n, person, at, what, stage, campaign, what == "click", what == "visit", what == "sale"]
        for n, (person, at, what, stage, campaign) in enumerate(WORKED)
    ]
    connection.executemany(f"insert into touches values ({', '.join('?' * 9)})", rows)


def number(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    return connection.execute(query).fetchall()[0][0]


def made(folder: Path, rows: int = 20_000, seed: int = 1, threads: int = 1) -> Path:
    touches.write_files(folder, rows, seed, threads)
    return folder


@BOTH
def test_journeys_by_hand_are_those_worked_out(statements: str):
    with duckdb.connect() as connection:
        worked(connection)
        connection.execute(statements)
        found = connection.execute(
            "select person, journey_number, started_at::varchar, outcome, path, touch_count, "
            "after_sale_count from journeys order by person, journey_number"
        ).fetchall()
    assert found == [
        ("ann", 1, "2025-01-01 10:05:00", "converted", "visit > visit", 2, 1),
        ("ann", 2, "2025-01-06 10:00:00", "lapsed", "visit > contact", 2, 0),
        ("bob", 1, "2025-01-01 00:00:00", "lapsed", "visit > visit", 2, 0),
        ("bob", 2, "2025-03-02 00:00:00.000001", "lapsed", "visit", 1, 0),
        ("cid", 1, "2025-05-01 00:00:00", "open", "click > visit", 2, 0),
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_ways_come_to_the_same_journeys(tmp_path: Path, seed: int):
    folder = made(tmp_path / "work", seed=seed)
    found = {way: journeys.run(way, folder, 2) for way in journeys_rivals.RIVALS}
    sums = {(one["journeys"], one["checksum"]) for one in found.values()}
    assert len(sums) == 1
    assert all(one["seconds"] > 0 and one["peak_bytes"] > 50e6 for one in found.values())
    assert not list(folder.glob("*.duckdb"))


@pytest.mark.parametrize("way", journeys_rivals.RIVALS)
def test_a_person_with_200_000_touches_takes_no_minutes(tmp_path: Path, way: str):
    made(tmp_path, rows=200_000)
    for file in (tmp_path / touches.BEFORE, tmp_path / touches.DAY):
        with duckdb.connect() as connection:
            one = f"select * replace ('one' as person) from '{file}'"
            connection.execute(f"copy ({one}) to '{file}.one' (format parquet)")
        Path(f"{file}.one").replace(file)
    found = journeys.run(way, tmp_path, 1)
    assert found["journeys"] > 9000
    assert found["seconds"] < 30


def test_ways_that_come_to_other_journeys_are_not_compared():
    one = journeys.Outcome(1.0, 2.0, 10**9, 5, "77")
    journeys.agree({"ours": one, "lists": one})
    with pytest.raises(BenchError, match="lists: 6"):
        journeys.agree({"ours": one, "lists": journeys.Outcome(1.0, 2.0, 10**9, 6, "77")})
    with pytest.raises(BenchError, match="78"):
        journeys.agree({"ours": one, "windows": journeys.Outcome(1.0, 2.0, 10**9, 5, "78")})


def test_a_way_that_fails_is_named(tmp_path: Path):
    with pytest.raises(BenchError, match="lists with 1GB failed"):
        journeys.run("lists", tmp_path, 1, "1GB")


def test_windows_may_run_out_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    touches.write_files(tmp_path / "some", 300_000, 1, 1)
    with pytest.raises(journeys.NotEnoughMemory, match="windows with 20MB failed"):
        journeys.run("windows", tmp_path / "some", 1, "20MB")

    tight = [(n, way, "20MB" if way == "windows" else memory) for n, way, memory in journeys.RUNS]
    monkeypatch.setattr(journeys, "RUNS", tight)
    (found,) = journeys.measured(tmp_path / "all", 300_000, 1, 1, 1)
    assert "windows" not in found.outcomes
    lines = [Line(*line) for line in journeys.comparisons(found)]
    (told,) = (line for line in lines if "windows" in line.against)
    assert told.against == "windows: out of memory" and told.reached is None


def test_too_little_disk_is_said_before_touches_are_made(tmp_path: Path):
    with pytest.raises(BenchError, match="--rows"):
        journeys.enough_disk(tmp_path, 10**14)


def of_size(rows: int, seconds: float) -> journeys.Measured:
    took = {
        "ours": seconds,
        "lists": 0.5 * seconds,
        "windows": 4 * seconds,
        "ours, 4 GB": seconds,
        "ours, 1 GB": 1.5 * seconds,
        "increment": 0.03 * seconds,
    }
    outcomes = {name: journeys.Outcome(one, 2 * one, 10**9, 5, "77") for name, one in took.items()}
    return journeys.Measured(rows, outcomes)


def test_aims_of_journeys_are_those_of_their_size():
    sizes = (10**6, 10**7, 5 * 10**7)
    lines = {n: [Line(*x) for x in journeys.comparisons(of_size(n, 2.0))] for n in sizes}
    assert [x.value for x in lines[10**7]] == pytest.approx(
        [2.0, 0.25, 1.0, 2.0, 1.0, 1.0, 1.5, 3.0]
    )
    reached = {size: [line.reached for line in of] for size, of in lines.items()}
    assert reached[10**6] == [False, None, None, None, None, None, False, None]
    assert reached[10**7] == [False, None, None, None, None, None, False, True]
    assert reached[5 * 10**7] == [False, True, None, None, None, None, False, False]


def test_growth_is_an_exponent():
    sets = [of_size(10**6, 1.0), of_size(10**7, 10.0), of_size(10**8, 1000.0)]
    lines = [Line(*line) for line in journeys.growth(sets)]
    assert [line.value for line in lines] == pytest.approx([1.0, 2.0])
    assert [line.reached for line in lines] == [True, False]
    assert journeys.growth(sets[:1]) == []


def test_a_seed_gives_the_same_touches_whatever_the_threads(tmp_path: Path):
    counted = "select bit_xor(hash(columns(*))) from '{}/*.parquet'"
    with duckdb.connect() as connection:
        sums = [
            connection.execute(counted.format(made(tmp_path / name, **how))).fetchall()
            for name, how in (
                ("one", {"threads": 1}),
                ("other", {"threads": 3}),
                ("else", {"seed": 2}),
            )
        ]
    assert sums[0] == sums[1]
    assert sums[0] != sums[2]


def test_touches_are_of_a_year_of_people_of_whom_few_have_many(tmp_path: Path):
    folder = made(tmp_path / "work", rows=200_000)
    with duckdb.connect() as connection:
        connection.execute(f"create view touches as from '{folder}/*.parquet'")
        assert number(connection, "select count(distinct touch_id) from touches") == 200_000
        people = number(connection, "select count(distinct person) from touches")
        assert 15_000 < people <= 20_000
        most = "select max(n) from (select count(*) as n from touches group by person)"
        assert number(connection, most) > 500
        assert number(connection, "select count(distinct channel) from touches") == touches.CHANNELS
        assert (
            number(connection, "select count(distinct date_trunc('day', occurred_at)) from touches")
            == 365
        )
        at_once = "select count(*) - count(distinct (person, occurred_at)) from touches"
        assert number(connection, at_once) > 100
        ends = "select avg(is_conversion::int) from touches"
        assert 0.04 < number(connection, ends) < 0.06


def test_some_touches_of_the_last_day_are_late(tmp_path: Path):
    folder = made(tmp_path / "work", rows=200_000)
    with duckdb.connect() as connection:
        day = f"select count(*) from '{folder / touches.DAY}'"
        assert 0.5 < number(connection, day) / (200_000 / 365) < 1.5
        late = number(connection, f"{day} where occurred_at < '2025-12-31'")
        assert 0 < late < 0.1 * number(connection, day)


def test_clicks_are_followed_by_the_visit_that_they_open(tmp_path: Path):
    folder = made(tmp_path / "work")
    with duckdb.connect() as connection:
        query = f"""
            select count(*), count(b.touch_id)
            from '{folder}/*.parquet' as a
            left join '{folder}/*.parquet' as b
                on a.touch_id + 1 = b.touch_id and a.person = b.person
                and a.campaign = b.campaign and b.is_visit
            where a.is_click
        """
        clicks, followed = connection.execute(query).fetchall()[0]
    assert clicks == followed > 300


def test_journeys_are_measured_against_the_same_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CFS_DATA_DIR", str(tmp_path))
    arguments = ["--rows", "20000", "--rounds", "1", "--threads", "1", "--name", "tiny"]
    assert main(["journeys", *arguments]) == 0
    report = json.loads((tmp_path / "bench" / "tiny.json").read_text())
    found = report["numbers"]["journeys"]["0.02 million touches"]
    assert set(found) == {name for name, _, _ in journeys.RUNS}
    assert len({one["checksum"] for one in found.values()}) == 1
    assert len(report["lines"]) == 8
    assert not (tmp_path / "bench" / "work" / "journeys").exists()


# The textbook's chain of three channels: nothing converts without c2 or c3.
PATHS = [
    (("c1", "c2", "c3"), 1.0, 0.0),
    (("c1",), 0.0, 1.0),
    (("c2", "c3"), 0.0, 1.0),
]


def test_the_definition_of_removal_effects_is_the_textbooks():
    chain = attribution_naive.probabilities(attribution_naive.counted(PATHS, 1))
    assert attribution_naive.converting(*chain) == pytest.approx(1 / 3)
    without = {name: attribution_naive.converting(*chain, name) for name in ("c1", "c2", "c3")}
    # Left without c1: start to c2 (1/3), c2 to c3 (1), c3 to conversion (1/2).
    assert without == pytest.approx({"c1": 1 / 6, "c2": 0, "c3": 0})
    owed = attribution_naive.markov(PATHS, 1)
    assert owed == pytest.approx({"c1": 0.2, "c2": 0.4, "c3": 0.4})


def test_the_definition_remembers_as_many_channels_as_its_order():
    counts = attribution_naive.counted(PATHS, 2)
    assert set(counts) == {"start", ("c1", "c2"), ("c2", "c3"), ("c1",)}
    assert counts["start"] == {("c1", "c2"): 1, ("c1",): 1, ("c2", "c3"): 1}
    # Only the first path converts, half of the times that (c2, c3) is reached.
    chain = attribution_naive.probabilities(counts)
    assert attribution_naive.converting(*chain) == pytest.approx(1 / 3)
    assert attribution_naive.converting(*chain, "c1") == pytest.approx(1 / 6)


@pytest.fixture(scope="module")
def paths_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paths")
    made(folder / "work")
    journeys.run("ours", folder / "work", 1, keep=True)
    attribution.write_paths(folder / "work" / "ours.duckdb", folder / "paths.csv")
    return folder / "paths.csv"


def test_ours_is_what_the_definition_says(paths_file: Path):
    import pandas as pd

    frame = pd.read_csv(paths_file)
    exact = attribution.exactly(paths_file, (1, 2, 3))
    for order, owed in exact.items():
        ours = attribution_runs.ours_by_markov(frame, int(order))
        conversions = {channel: both[0] for channel, both in ours.items()}
        assert attribution.apart_by(conversions, owed) < 1e-12
        conversions[next(iter(owed))] += 1
        assert attribution.apart_by(conversions, owed) > 1e-5


def test_credit_is_compared_by_channel_and_as_a_share_of_all():
    assert attribution.apart_by({"a": 1.0, "b": 3.0}, {"a": 1.0, "b": 3.0}) == 0
    assert attribution.apart_by({"a": 2.0}, {"a": 1.0, "b": 1.0}) == 0.5


def result(seconds: float, first: float, markov: float) -> dict:
    return {
        "rules": {
            "seconds": [seconds],
            "owed": {rule: {"a": [first, 1.0]} for rule in attribution_runs.RULES},
        },
        "markov": {"1": {"seconds": [seconds], "owed": {"a": [markov, 1.0]}}},
        "all": {"seconds": [seconds]},
    }


def compared(package: dict | None) -> list[Line]:
    chosen = attribution.PathSet(10**7, 12, (1,), attribution.MOST_OF_PACKAGE)
    exact = {"1": {"a": 10.0}}
    found = attribution.Measured(chosen, 5, 100.0, result(1.0, 10.0, 10.0), package, exact)
    return [Line(*line) for line in attribution.comparisons(found, "no package here")]


def test_the_package_is_compared_by_credit_and_time():
    lines = compared(result(10.0, 10.0, 12.0))
    assert [line.value for line in lines] == pytest.approx([0, 0, 10, 10, 20, 1])
    assert [line.reached for line in lines] == [True, True, None, True, None, True]
    lines = compared(result(4.0, 11.0, 12.0))
    assert [line.reached for line in lines] == [True, False, None, False, None, True]


def test_lines_say_that_the_package_is_not_there():
    lines = compared(None)
    assert [line.against for line in lines][1] == "no package here"
    assert [line.reached for line in lines] == [True, None, True]


def test_an_environment_that_cannot_be_made_is_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(attribution.sys, "executable", "/bin/false")
    python, why_not = attribution.environment(tmp_path / "package")
    assert python is None
    assert why_not.startswith("ChannelAttribution==")


def test_attribution_is_measured_without_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CFS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(attribution, "environment", lambda folder: (None, "no package here"))
    arguments = ["--rows", "20000", "--rounds", "1", "--threads", "1", "--name", "tiny"]
    assert main(["attribution", *arguments]) == 0
    report = json.loads((tmp_path / "bench" / "tiny.json").read_text())
    assert set(report["numbers"]["attribution"]) == {"12 channels", "300 channels"}
    apart = [line["value"] for line in report["lines"] if "Markov order" in line["what"]]
    assert len(apart) == 4
    assert max(apart) < 1e-9
    assert not (tmp_path / "bench" / "work" / "attribution").exists()

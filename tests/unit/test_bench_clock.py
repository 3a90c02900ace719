"""The bench of clocks at tiny size: business time is the same in every way."""

import json
from pathlib import Path

import duckdb
import pytest

from orchestration.bench import clock
from orchestration.bench.__main__ import main
from orchestration.bench.line import BenchError
from orchestration.business_clock.calendars import make_tables


def read(connection: duckdb.DuckDBPyConnection, rows: int) -> list[str]:
    """The clocks read in every way, as tables; returns the ways."""
    connection.execute(clock.CLOCKS.format(rows=rows, seed=3))
    connection.execute(clock.PAUSES)
    queries = clock.ways(make_tables(connection, clock.CALENDARS, clock.FIRST, clock.LAST, "bench"))
    clock._intervals(connection)
    for number, query in enumerate(queries.values()):
        connection.execute(f"create or replace table result_{number} as {query}")
    return list(queries)


def test_ways_of_business_time_agree_and_pauses_make_a_difference():
    with duckdb.connect() as connection:
        names = read(connection, 3000)
        clock.agree(connection, names)
        plain, ours, paused = (f"result_{number}" for number in range(3))
        shorter = "(code) where {0}.minutes < {1}.minutes"
        for less, more in ((ours, plain), (paused, ours)):
            query = f"select count(*) from {less} join {more} using {shorter.format(less, more)}"
            assert connection.execute(query).fetchall()[0][0] > 100
        rows = connection.execute(f"select count(*) from {paused}").fetchall()
        assert rows == [(3000,)]
        connection.execute("update result_1 set minutes = minutes + 1 where status = 'met'")
        with pytest.raises(BenchError, match="differ between"):
            clock.agree(connection, names)


def test_the_part_writes_its_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CFS_DATA_DIR", str(tmp_path / "data"))
    folder = str(tmp_path / "work")
    assert main(["clock", "--rows", "2000", "--rounds", "1", "--folder", folder]) == 0
    report = json.loads((tmp_path / "data" / "bench" / "scale_0.1.json").read_text())
    assert len(report["lines"]) == 6
    assert set(report["numbers"]["clock"]["seconds"]) == {"file", "memory"}
    assert not (tmp_path / "work" / "clock").exists()

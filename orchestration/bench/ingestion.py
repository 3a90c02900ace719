"""Loading a file through the line against the same reading and writing in plain DuckDB.

The file is what an ads platform might send: numbers, dates and texts, typed by a layout of the
project. The line copies it to landing, types it, judges each row, counts, and writes bronze;
by hand DuckDB reads it with the same types and writes one Parquet file.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.bench.line import BenchError
from orchestration.lib import engine
from orchestration.lib.companies import Company
from orchestration.lib.feeds import Feed, FileFormat
from orchestration.lib.ingest import ingest_feed
from orchestration.lib.layouts import Layout, load_layouts
from orchestration.lib.settings import Settings

LAYOUT = "facebook_ads.basic_ad"
ADS = 1000
FIRST_DAY = "2024-01-01"


@dataclass(frozen=True)
class Ingested:
    """Seconds of both ways for a file of `rows` rows."""

    rows: int
    megabytes: float
    line_seconds: float
    hand_seconds: float


def measure(folder: Path, rows: int, threads: int) -> Ingested:
    """Write a file of `rows` rows into `folder`, then load it both ways; ends with no files."""
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    file = inbox / "basic_ad_2024.csv"
    layout = load_layouts()[LAYOUT]
    write_file(file, rows, threads)
    line_seconds = through_the_line(folder, layout, threads, rows)
    hand_seconds = by_hand(file, folder / "by_hand.parquet", layout, threads, rows)
    megabytes = file.stat().st_size / 1e6
    shutil.rmtree(folder)
    return Ingested(rows, megabytes, line_seconds, hand_seconds)


def write_file(file: Path, rows: int, threads: int) -> None:
    """Write daily statistics of ads, one row per ad and day, none of them twice."""
    select = f"""
        select
            1000000 + i % {ADS} as ad_id,
            date '{FIRST_DAY}' + (i // {ADS})::integer as date,
            12345 as account_id,
            'EUR' as currency_code,
            (hash(i) % 100000)::bigint as impressions,
            (hash(i + 1) % 1000)::bigint as inline_link_clicks,
            round((hash(i + 2) % 100000) / 100.0, 2) as spend,
        from range({rows}) as numbers(i)
    """
    with duckdb.connect(config={"threads": threads}) as connection:
        connection.execute(f"copy ({select}) to {engine.text(file)} (header true)")


def through_the_line(folder: Path, layout: Layout, threads: int, rows: int) -> float:
    """Seconds of the line from the inbox to bronze."""
    source, table = LAYOUT.split(".")
    feed = Feed(source=source, table=table, files="*.csv", format=FileFormat())
    company = Company(
        name="bench",
        title="Bench",
        currency="EUR",
        time_zone="UTC",
        start_date=date.fromisoformat(FIRST_DAY),
        inbox=str(folder / "inbox"),
    )
    environment = {
        "CFS_DATA_DIR": str(folder / "data"),
        "CFS_COMPANY": "bench",
        "CFS_THREADS": str(threads),
    }
    settings = Settings.from_environment(environment)
    started = time.perf_counter()
    report = ingest_feed(settings, company, feed, layout)
    seconds = time.perf_counter() - started
    _all(report.rows_loaded, rows, "the line")
    return seconds


def by_hand(file: Path, target: Path, layout: Layout, threads: int, rows: int) -> float:
    """Seconds of DuckDB's reader with the layout's types, and one Parquet file."""
    types = ", ".join(f"'{name}': '{column.type}'" for name, column in layout.columns.items())
    read = f"read_csv({engine.text(file)}, header = true, columns = {{{types}}})"
    with duckdb.connect(config={"threads": threads}) as connection:
        started = time.perf_counter()
        connection.execute(
            f"copy (from {read}) to {engine.text(target)} (format parquet, compression zstd)"
        )
        seconds = time.perf_counter() - started
        counted = connection.execute("select count(*) from read_parquet(?)", [str(target)])
        _all(counted.fetchall()[0][0], rows, "the reader by hand")
    return seconds


def _all(found: int, expected: int, who: str) -> None:
    if found != expected:
        raise BenchError(f"{who} loaded {found:,} of {expected:,} rows; nothing was measured.")

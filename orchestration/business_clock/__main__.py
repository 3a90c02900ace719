"""Business time of a file, from a terminal: `python -m orchestration.business_clock table.csv`.

Belongs here: reading arguments and printing. Doesn't belong here: the clocks (see `clocks`).
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.business_clock.errors import ClockError

if TYPE_CHECKING:
    import duckdb


def main(arguments: list[str] | None = None) -> int:
    """Read the clocks of a file; returns the exit status: 0, or 2 where input does not serve."""
    import duckdb

    given = _parser().parse_args(arguments)
    try:
        _run(given)
    except ClockError as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, duckdb.Error) as error:
        print(f"The table cannot be read or the result written: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.business_clock",
        description="How long each row took in business time, when it was due, and whether it "
        "was met.",
    )
    parser.add_argument("table", type=Path, help="CSV or Parquet file, a row per clock")
    parser.add_argument(
        "--calendar",
        type=Path,
        required=True,
        help="YAML file: a calendar (time_zone, working_hours, holidays, days), several below "
        "`calendars`, or a company.yaml with its markets",
    )
    parser.add_argument("--start", default="start", metavar="COLUMN")
    parser.add_argument("--end", metavar="COLUMN", help="default: end, if there")
    parser.add_argument(
        "--calendar-column",
        metavar="COLUMN",
        help="which calendar a row goes by, where there are several; default: calendar",
    )
    parser.add_argument("--target-minutes", type=float, metavar="N", help="for all rows")
    parser.add_argument(
        "--target-column",
        metavar="COLUMN",
        help="target in minutes by row; default: target_minutes, if there",
    )
    parser.add_argument("--pauses", type=Path, help="file: key, and when its clock stood still")
    parser.add_argument("--key", metavar="COLUMN", help="column that table and pauses share")
    parser.add_argument("--pause-from", default="paused_from", metavar="COLUMN")
    parser.add_argument("--pause-to", default="paused_to", metavar="COLUMN")
    parser.add_argument(
        "--times",
        default="UTC",
        help="what times without an offset mean: UTC (default), local (to the row's calendar), or "
        "a time zone",
    )
    parser.add_argument(
        "--read-at",
        type=datetime.fromisoformat,
        help="when running clocks are read (UTC; default: now)",
    )
    parser.add_argument(
        "--out", type=Path, help="file for the rows with the result (.csv, .parquet)"
    )
    return parser


def _run(given: argparse.Namespace) -> None:
    import duckdb

    from orchestration.business_clock.clocks import run_clocks

    if given.target_minutes is not None and given.target_column is not None:
        raise ClockError("Give --target-minutes or --target-column, not both.")
    target = given.target_column if given.target_minutes is None else given.target_minutes
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        result = run_clocks(
            given.table,
            given.calendar,
            start=given.start,
            end=given.end,
            calendar=given.calendar_column,
            target_minutes=target,
            key=given.key,
            pauses=given.pauses,
            pause_from=given.pause_from,
            pause_to=given.pause_to,
            times=given.times,
            read_at=given.read_at,
            connection=connection,
        )
        if given.out is not None:
            _write(result, given.out)
        _print(result)


def _write(relation: duckdb.DuckDBPyRelation, file: Path) -> None:
    if file.suffix not in (".csv", ".parquet"):
        raise ClockError(f"{file}: give a name that ends in .csv or .parquet.")
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".csv":
        relation.write_csv(str(file))
    else:
        relation.write_parquet(str(file))


def _print(result: duckdb.DuckDBPyRelation) -> None:
    """How many rows of each status there are, and how long they took."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Clocks")
    summary = result.aggregate(
        "status, count(*) as rows, "
        'round(quantile_cont(business_minutes, 0.5), 2) as "median business minutes", '
        'round(quantile_cont(business_minutes, 0.9), 2) as "90th percentile", '
        'count(*) filter (not is_started_in_hours) as "started after hours"'
    ).order("status")
    for column in summary.columns:
        table.add_column(column)
    for row in summary.fetchall():
        table.add_row(*("" if value is None else str(value) for value in row))
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())

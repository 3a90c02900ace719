"""Journeys of a file of touches, from a terminal: `python -m orchestration.journeys touches.csv`.

Belongs here: reading arguments and printing. Doesn't belong here: the journeys (see `build`).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.journeys.rules import STAGES, JourneyError, JourneyRules

if TYPE_CHECKING:
    import duckdb

    from orchestration.journeys.build import Journeys

ORDER = "person, journey_number"


def main(arguments: list[str] | None = None) -> int:
    """Build the journeys of a file; returns the exit status: 0, or 2 where input does not serve."""
    import duckdb

    given = _parser().parse_args(arguments)
    try:
        _run(given)
    except JourneyError as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, duckdb.Error) as error:
        print(f"The touches cannot be read or the result written: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.journeys",
        description="Cut touches (who, when, through which channel) into journeys.",
    )
    parser.add_argument("touches", type=Path, help="CSV or Parquet file, a row per touch")
    parser.add_argument("--out", type=Path, help="file for the journeys (.parquet or .csv)")
    parser.add_argument("--steps", type=Path, help="file for their touches in order")
    parser.add_argument("--paths", type=Path, help="file for the paths, as attribution reads them")
    parser.add_argument(
        "--path-column", default="path", help="path, path_collapsed, path_unique or path_first"
    )
    parser.add_argument(
        "--lookback-days", type=float, metavar="N", help="of the paths: older contacts left out"
    )
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME=COLUMN",
        help="column of the file for a known one, such as person=user_id; may be repeated",
    )
    parser.add_argument("--until", type=datetime.fromisoformat, help="when history ends (UTC)")
    for rule in fields(JourneyRules):
        if rule.name in ("start_stages", "conversion_in_path"):
            continue
        kind = int if isinstance(rule.default, int) and rule.name == "first_steps" else float
        parser.add_argument(
            f"--{rule.name.replace('_', '-')}", type=kind, default=rule.default, metavar="N"
        )
    parser.add_argument("--start-stages", nargs="+", default=STAGES, metavar="STAGE")
    parser.add_argument(
        "--conversion-in-path",
        action="store_true",
        help="a conversion is marked on the last contact, whose channel belongs to the path",
    )
    return parser


def _run(given: argparse.Namespace) -> None:
    import duckdb

    from orchestration.journeys.build import build_journeys

    rules = JourneyRules(
        **{rule.name: getattr(given, rule.name) for rule in fields(JourneyRules)}
        | {"start_stages": tuple(given.start_stages)}
    )
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        built = build_journeys(
            connection, given.touches, rules, columns=_columns(given.column), until=given.until
        )
        for relation, file in (
            (lambda: built.journeys.order(ORDER), given.out),
            (lambda: built.steps.order(f"{ORDER}, step_number"), given.steps),
            (lambda: built.paths(given.path_column, given.lookback_days), given.paths),
        ):
            if file is not None:
                _write(relation(), file)
        _print(built)


def _columns(pairs: list[str]) -> dict[str, str]:
    named = {}
    for pair in pairs:
        known, equals, column = pair.partition("=")
        if not equals or not column:
            raise JourneyError(f"--column {pair!r}: write it as person=user_id.")
        named[known.strip()] = column.strip()
    return named


def _write(relation: duckdb.DuckDBPyRelation, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".csv":
        relation.write_csv(str(file))
    elif file.suffix == ".parquet":
        relation.write_parquet(str(file))
    else:
        raise JourneyError(f"{file}: give a name that ends in .csv or .parquet.")


def _print(built: Journeys) -> None:
    """How the journeys ended, and the paths that led to most conversions."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    outcomes = built.journeys.aggregate(
        "outcome, count(*) as journeys, round(avg(touch_count), 2) as touches"
    ).order("outcome")
    paths = built.paths("path_collapsed").order("conversions desc, nulls desc, path").limit(10)
    for title, relation in (("Journeys", outcomes), ("Paths (collapsed)", paths)):
        table = Table(title=title)
        for column in relation.columns:
            table.add_column(column)
        rows: list[tuple[Any, ...]] = relation.fetchall()
        for row in rows:
            table.add_row(*(str(value) for value in row))
        console.print(table)


if __name__ == "__main__":
    sys.exit(main())

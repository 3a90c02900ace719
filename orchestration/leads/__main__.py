"""The funnel of a file, from a terminal: `python -m orchestration.leads events.csv`.

Belongs here: reading arguments, printing and writing. Doesn't belong here: the funnel.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from orchestration.leads.reading import NEEDED, OPTIONAL
from orchestration.leads.rules import ASIDE, LOST, STAGES, FunnelError, FunnelRules, Period
from orchestration.leads.rules import OPTIONAL as OPTIONAL_STAGES

if TYPE_CHECKING:
    import duckdb

    from orchestration.leads.funnel import LeadFunnel

ROWS_SHOWN = 40


def main(arguments: list[str] | None = None) -> int:
    """Tell the funnel of a file; returns the exit status: 0, or 2 where input does not serve."""
    import duckdb

    given = _parser().parse_args(arguments)
    try:
        _run(given)
    except FunnelError as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, duckdb.Error) as error:
        print(f"The events cannot be read or the result written: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.leads",
        description="Tell the funnel of leads from the stages that they went through.",
    )
    parser.add_argument("events", type=Path, help="CSV or Parquet: a row per event, or per lead")
    for name in (*NEEDED, *OPTIONAL):
        parser.add_argument(f"--{name}", metavar="COLUMN", help=f"column of the file for {name}")
    parser.add_argument(
        "--date",
        action="append",
        default=[],
        metavar="STAGE=COLUMN",
        help="a file with a row per lead: column of the date of a stage; may be repeated",
    )
    parser.add_argument("--stages", type=_list, default=STAGES, help="in order, a,b,c; won last")
    parser.add_argument("--won", type=_list, default=(), help="stages that are won; default: last")
    parser.add_argument("--lost", type=_list, default=LOST, help="stages that end a lead")
    parser.add_argument("--aside", type=_list, default=ASIDE, help="stages out of the funnel")
    parser.add_argument(
        "--optional", type=_list, default=OPTIONAL_STAGES, help="stages whose absence is no skip"
    )
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="STATUS=STAGE",
        help="what a status means; nothing after = leaves it out; may be repeated",
    )
    parser.add_argument("--unmapped", choices=("error", "list", "ignore"), default="error")
    parser.add_argument("--keep-repeats", action="store_true", help="a stage said again counts")
    parser.add_argument("--cohort", metavar="COLUMN", help="default: period of the first entry")
    parser.add_argument("--period", choices=get_args(Period), default="month")
    parser.add_argument("--time-zone", default="UTC", help="of periods")
    parser.add_argument("--time-format", help="how times are written, such as %%d/%%m/%%Y")
    parser.add_argument("--as-of", type=datetime.fromisoformat, help="when history ends (UTC)")
    parser.add_argument("--age-bands", type=_numbers, default=(7, 30, 90, 180), metavar="A,B,…")
    parser.add_argument("--min-ended", type=int, default=1, help="leads that odds need")
    parser.add_argument("--odds", choices=("stage", "age"), default="stage")
    parser.add_argument("--within-days", type=float, help="also odds of winning within so many")
    parser.add_argument("--out", type=Path, help="folder for all results as CSV files")
    return parser


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in _list(text))


def _pairs(pairs: list[str], option: str) -> dict[str, str]:
    named = {}
    for pair in pairs:
        # A status may hold an equals sign, a stage or a column hardly does.
        key, equals, value = pair.rpartition("=")
        if not equals or not key.strip():
            raise FunnelError(f"{option} {pair!r}: write it as NAME=VALUE.")
        named[key.strip()] = value.strip()
    return named


def _run(given: argparse.Namespace) -> None:
    import duckdb

    from orchestration.leads.funnel import lead_funnel

    rules = FunnelRules(
        stages=given.stages,
        won=given.won,
        lost=given.lost,
        aside=given.aside,
        optional=given.optional,
        mapping={k: v or None for k, v in _pairs(given.map, "--map").items()},
        unmapped=given.unmapped,
        keep_repeats=given.keep_repeats,
        cohort=given.cohort,
        period=given.period,
        time_zone=given.time_zone,
        age_bands=given.age_bands,
        min_ended=given.min_ended,
        odds=given.odds,
        within_days=given.within_days,
    )
    columns = {name: getattr(given, name) for name in (*NEEDED, *OPTIONAL) if getattr(given, name)}
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        funnel = lead_funnel(
            connection,
            given.events,
            rules,
            columns=columns,
            dates=_pairs(given.date, "--date"),
            as_of=given.as_of,
            time_format=given.time_format,
        )
        results = _results(funnel)
        if given.out is not None:
            given.out.mkdir(parents=True, exist_ok=True)
            for name, result in results.items():
                result().write_csv(str(given.out / f"{name}.csv"))
        _print(funnel, results)


def _results(funnel: LeadFunnel) -> dict[str, Callable[[], duckdb.DuckDBPyRelation]]:
    """Every result by its name."""
    return {
        "funnel": lambda: funnel.cohorts(None),
        "cohorts": lambda: funnel.cohorts(),
        "outcomes": lambda: funnel.outcomes(),
        "periods": lambda: funnel.periods,
        "velocity": lambda: funnel.velocity(),
        "odds": lambda: funnel.odds,
        "forecast_by_stage": lambda: funnel.forecast_by("stage"),
        "forecast_by_period": lambda: funnel.forecast_by("expected_close_period"),
        "forecast": lambda: funnel.forecast,
        "ageing": lambda: funnel.ageing,
        "entries": lambda: funnel.entries,
        "leads": lambda: funnel.leads,
        "unmapped": lambda: funnel.unmapped,
    }


# What fits a terminal; the files of --out have all columns.
SHOWN = {
    "funnel": "stage, lead_count, reached_count, seen_count, conversion_from_previous, "
    "conversion_from_start",
    "outcomes": "cohort, lead_count, won_count, lost_count, open_count, won_share",
    "velocity": "from_stage, to_stage, passage_count, timed_count, reversed_count, median_days, "
    "p90_days, mean_days",
    "odds": "stage, entered_count, open_count, ended_count, won_count, win_odds, win_odds_low, "
    "win_odds_high, is_trusted",
    "forecast_by_stage": "stage, open_count, unknown_odds_count, expected_won_count, "
    "expected_won_low, expected_won_high, amount, expected_amount",
    "unmapped": "status, event_count, lead_count, first_row",
}


def _print(funnel: LeadFunnel, results: dict[str, Callable[[], duckdb.DuckDBPyRelation]]) -> None:
    """The tables that fit a terminal."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    counts = funnel.counts
    console.print(
        f"{counts['leads']:,} leads, {counts['entries']:,} entries into stages until "
        f"{funnel.as_of} ({counts['undated']:,} without a time; left out: {counts['ignored']:,} "
        f"events that are no stage, {counts['later']:,} later ones)"
    )
    for name, columns in SHOWN.items():
        relation = results[name]().select(columns)
        rows: list[tuple[Any, ...]] = relation.fetchall()
        if not rows:
            continue
        table = Table(title=name.replace("_", " ").capitalize())
        for column in relation.columns:
            table.add_column(column.replace("_", " "))
        for row in rows[:ROWS_SHOWN]:
            table.add_row(*(_shown(value) for value in row))
        console.print(table)
        if len(rows) > ROWS_SHOWN:
            console.print(f"and {len(rows) - ROWS_SHOWN:,} more")


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())

"""Who is who, from a terminal: `python -m orchestration.identity COMMAND`.

Belongs here: reading arguments and printing. Doesn't belong here: anything that another caller
would want (see the modules that the commands call).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.identity.options import IdentityError, Options
from orchestration.lib.settings import PROJECT_ROOT, Settings, SettingsError

if TYPE_CHECKING:
    from orchestration.identity.evidence import Evidence

RESULTS = ("cluster", "link", "review")


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status: 0, or 2 where input or settings do not serve."""
    import duckdb

    from orchestration.identity.measure import MeasureError

    given = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = given.command
    try:
        command(given)
    except (IdentityError, MeasureError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, duckdb.IOException) as error:
        print(f"A file cannot be read or written: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.identity",
        description="Find out which records are one person, ask why, and decide doubtful cases.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_resolve(commands)
    _add_measure(commands)
    _add_explain(commands)
    _add_review(commands)
    _add_decide(commands)
    return parser


def _add_resolve(commands: argparse._SubParsersAction) -> None:
    of = commands.add_parser("resolve", help="resolve any CSV or Parquet file of person records")
    of.set_defaults(command=_resolve)
    of.add_argument("records", type=Path, help="CSV or Parquet file with a column record_id")
    of.add_argument("--out", type=Path, required=True, help="folder for the results (Parquet)")
    of.add_argument(
        "--identifiers",
        type=Path,
        help="file with record_id, identifier_type, identifier_value: cards, logins, ...",
    )
    of.add_argument(
        "--decisions",
        type=Path,
        help="file with decision (must_link, cannot_link), record_id, other_record_id",
    )
    of.add_argument("--country", help="country of records that name none, such as ES")
    of.add_argument(
        "--memory", type=Path, help="folder that keeps model and scores for the next run"
    )
    of.add_argument(
        "--match-probability",
        type=float,
        help=f"what the model asks of a pair (default {Options.match_probability})",
    )
    of.add_argument("--other-columns", default="", help="further columns to compare: a,b")


def _add_measure(commands: argparse._SubParsersAction) -> None:
    of = commands.add_parser("measure", help="score clusters against a known truth")
    of.set_defaults(command=_measure)
    of.add_argument("predicted", help="Parquet or CSV file with record_id and cluster")
    of.add_argument("truth", help="Parquet or CSV file with record_id and cluster")
    of.add_argument("--groups", help="file with record_id and group_name: scores of each too")


def _add_explain(commands: argparse._SubParsersAction) -> None:
    of = commands.add_parser("explain", help="why each record of a customer belongs to it")
    of.set_defaults(command=_explain)
    of.add_argument("key_or_record", help="a customer_key or a record_id")
    of.add_argument(
        "--against", metavar="RECORD", help="why this record is the same customer, or is not"
    )
    of.add_argument("--html", type=Path, help="write a page with charts instead of text")
    _add_source(of)


def _add_review(commands: argparse._SubParsersAction) -> None:
    of = commands.add_parser("review", help="a page with the cases that a person should decide")
    of.set_defaults(command=_review)
    of.add_argument("--html", type=Path, default=Path("review.html"), help="default: review.html")
    of.add_argument("--top", type=int, default=100, help="at most so many cases (default 100)")
    _add_source(of)


def _add_decide(commands: argparse._SubParsersAction) -> None:
    of = commands.add_parser("decide", help="add a decision to the data steward's list")
    of.set_defaults(command=_decide)
    of.add_argument("decision", choices=("must_link", "cannot_link"))
    of.add_argument("record", help="a record_id")
    of.add_argument("other", help="the other record_id")
    of.add_argument("--by", required=True, help="who decides")
    of.add_argument("--because", required=True, help="why")


def _add_source(of: argparse.ArgumentParser) -> None:
    of.add_argument(
        "--show-values",
        action="store_true",
        help="show names, e-mail addresses and the like: personal data",
    )
    of.add_argument(
        "--candidate",
        action="store_true",
        help="ask the last run even if it was not published, rather than the last good one",
    )
    of.add_argument(
        "--folder", type=Path, help="ask what `resolve --out` wrote, rather than the warehouse"
    )
    of.add_argument("--records", type=Path, help="with --folder: where the records lie now")


def _resolve(given: argparse.Namespace) -> None:
    from orchestration.identity.evidence import FREQUENCY_FILE, SUMMARY_FILE
    from orchestration.identity.resolve import resolve_people
    from orchestration.lib.tables import write_parquet

    for file in (given.records, given.identifiers, given.decisions):
        if file is not None and not file.exists():
            raise IdentityError(f"There is no file {file}.")
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {text}", flush=True)

    found = resolve_people(
        given.records,
        identifiers=given.identifiers,
        decisions=given.decisions,
        options=_options(given),
        memory=given.memory,
        progress=say,
    )
    given.out.mkdir(parents=True, exist_ok=True)
    for table in RESULTS:
        write_parquet(found.connection, f"from {table}", given.out / f"{table}.parquet")
    for name in ("model.json", FREQUENCY_FILE):
        (given.out / name).unlink(missing_ok=True)
    if found.model:
        found.model.save(given.out / "model.json")
        write_parquet(found.connection, "from frequency", given.out / FREQUENCY_FILE)
    summary = {
        "records_file": str(given.records.resolve()),
        "records": found.records,
        "customers": found.customers,
        "compared_pairs": found.candidates,
        "review_cases": found.table("review").num_rows,
        "other_columns": _named(given.other_columns),
    }
    (given.out / SUMMARY_FILE).write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    say(
        f"{found.records:,} records are {found.customers:,} people; "
        f"{summary['review_cases']:,} cases for review. Results: {given.out}"
    )


def _options(given: argparse.Namespace) -> Options:
    options = Options(
        default_country=given.country.upper() if given.country else None,
        other_columns=tuple(_named(given.other_columns)),
    )
    if given.match_probability is None:
        return options
    if not options.review_probability <= given.match_probability < 1:
        raise IdentityError(
            f"--match-probability {given.match_probability} is not between "
            f"{options.review_probability} (from which pairs go to review) and 1."
        )
    return replace(options, match_probability=given.match_probability)


def _named(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _measure(given: argparse.Namespace) -> None:
    import duckdb

    from orchestration.identity.measure import as_text, measure, measure_by

    with duckdb.connect() as connection:
        print(as_text(measure(connection, given.predicted, given.truth)))
        if given.groups:
            by_group = measure_by(connection, given.predicted, given.truth, given.groups)
            for name, scores in by_group.items():
                print(f"{name}: {as_text(scores)}")


def _explain(given: argparse.Namespace) -> None:
    from orchestration.identity.explain import explain
    from orchestration.identity.wording import as_text

    if given.against:
        _compare(given)
        return
    with closing(_evidence(given)) as evidence:
        found = explain(evidence, given.key_or_record, show_values=given.show_values)
    if given.html is None:
        print(as_text(found))
        return
    from orchestration.identity.pages import explanation_page

    _write_page(given.html, explanation_page(found), given.show_values)


def _compare(given: argparse.Namespace) -> None:
    from orchestration.identity.pairs import compare
    from orchestration.identity.wording import comparison_text

    if given.html or given.show_values:
        raise IdentityError("--against answers in text without values; leave out the other flags.")
    with closing(_evidence(given)) as evidence:
        print(comparison_text(compare(evidence, given.key_or_record, given.against)))


def _review(given: argparse.Namespace) -> None:
    from orchestration.identity.decisions import COLUMNS, DECISIONS_FILE
    from orchestration.identity.pages import review_page
    from orchestration.identity.review import queue

    if given.top < 1:
        raise IdentityError(f"--top {given.top} shows nothing; ask for 1 or more.")
    company = "" if given.folder else Settings.from_environment().company_name
    into = _below_root(DECISIONS_FILE)
    if given.folder:
        into = f"your file of --decisions, which begins with the line {','.join(COLUMNS)}"
    with closing(_evidence(given)) as evidence:
        cases, total = queue(evidence, given.top, show_values=given.show_values)
    _write_page(given.html, review_page(cases, total, company, into), given.show_values)
    print(f"{len(cases):,} of {total:,} cases.")


def _decide(given: argparse.Namespace) -> None:
    from orchestration.identity.decisions import DECISIONS_FILE, Decision, decide, today
    from orchestration.identity.evidence import open_warehouse

    settings = Settings.from_environment()
    decision = Decision(
        company=settings.company_name,
        decision=given.decision,
        record_id=given.record,
        other_record_id=given.other,
        decided_by=given.by,
        decided_on=today(),
        reason=given.because,
    )
    with closing(open_warehouse(settings)) as evidence:
        line = decide(evidence, decision, DECISIONS_FILE)
    print(f"Added to {DECISIONS_FILE}:\n  {line}\nThe next `make run` heeds it.")


def _evidence(given: argparse.Namespace) -> Evidence:
    from orchestration.identity.evidence import open_folder, open_warehouse

    if given.folder:
        return open_folder(given.folder, given.records)
    if given.records:
        raise IdentityError("--records goes with --folder; the warehouse has its own records.")
    return open_warehouse(Settings.from_environment(), candidate=given.candidate)


def _below_root(file: Path) -> str:
    return str(file.relative_to(PROJECT_ROOT)) if file.is_relative_to(PROJECT_ROOT) else str(file)


def _write_page(file: Path, page: str, has_values: bool) -> None:
    file.write_text(page, encoding="utf-8")
    warning = " It holds personal data: keep it where the data may lie." if has_values else ""
    print(f"Written: {file.resolve()}.{warning}")


if __name__ == "__main__":
    sys.exit(main())

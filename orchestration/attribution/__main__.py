"""Attribution from a terminal: `python -m orchestration.attribution paths.csv`.

Belongs here: reading arguments, printing, writing files. Doesn't belong here: anything that
another caller would want (see `credit`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.attribution.errors import AttributionError

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.table import Table

    from orchestration.attribution.credit import Attribution


def main(arguments: list[str] | None = None) -> int:
    """Attribute a file of paths; returns the exit status, 2 where the input does not serve."""
    given = _parser().parse_args(arguments)
    try:
        _attribute(given)
    except AttributionError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"A file cannot be read or written: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    from orchestration.attribution.credit import MODELS, OTHER_MODELS, Options
    from orchestration.attribution.reading import COLUMNS

    of = argparse.ArgumentParser(
        prog="python -m orchestration.attribution",
        description="Share the conversions of aggregated paths among their channels.",
    )
    of.add_argument("paths", type=Path, help="CSV file with a header line, or Parquet file")
    for column, names in COLUMNS.items():
        of.add_argument(
            f"--{column}", metavar="COLUMN", help=f"column (default {' or '.join(names)})"
        )
    of.add_argument(
        "--models",
        default=",".join(MODELS),
        help=f"some of {', '.join(MODELS + OTHER_MODELS)}, with commas (default: all but the last)",
    )
    of.add_argument("--separator", default=Options.separator, help="between channels (default >)")
    of.add_argument(
        "--collapse", action="store_true", help="one step of a channel that follows itself"
    )
    of.add_argument(
        "--each-row-is-a-journey",
        action="store_true",
        help="conversions are 0 or 1; a row with 0 did not convert",
    )
    _add_options(of)
    _add_outputs(of)
    return of


def _add_options(of: argparse.ArgumentParser) -> None:
    from orchestration.attribution.credit import Options

    of.add_argument(
        "--position-weights",
        type=float,
        nargs=2,
        metavar=("FIRST", "LAST"),
        default=Options.position_weights,
        help="shares of the first and the last step (default 0.4 0.4)",
    )
    of.add_argument(
        "--half-life",
        type=float,
        default=Options.half_life,
        help="of time decay, in steps (default 1)",
    )
    of.add_argument(
        "--markov-order",
        type=int,
        default=Options.markov_order,
        help="channels that a state remembers (default 1)",
    )
    of.add_argument(
        "--markov-value",
        choices=("own", "conversions"),
        default=Options.markov_value,
        help="value by removal effects of its own (default), or by those of conversions",
    )
    of.add_argument(
        "--direct-channel",
        action="append",
        help="a channel that names no source; may be repeated (default direct, (direct), "
        "(direct) / (none))",
    )
    of.add_argument(
        "--max-players",
        type=int,
        default=Options.max_players,
        help=f"above so many channels shapley_rate joins the least used (default "
        f"{Options.max_players})",
    )


def _add_outputs(of: argparse.ArgumentParser) -> None:
    of.add_argument("--out", type=Path, help="write credit to this file (.csv or .parquet)")
    of.add_argument("--removal-effects", type=Path, help="write markov's removal effects here")
    of.add_argument("--transitions", type=Path, help="write markov's transitions here")


def _attribute(given: argparse.Namespace) -> None:
    from orchestration.attribution.credit import DIRECT, attribute

    found = attribute(
        given.paths,
        [name.strip() for name in given.models.split(",") if name.strip()],
        path=given.path,
        conversions=given.conversions,
        value=given.value,
        nulls=given.nulls,
        separator=given.separator,
        collapse=given.collapse,
        each_row_is_a_journey=given.each_row_is_a_journey,
        position_weights=tuple(given.position_weights),
        half_life=given.half_life,
        markov_order=given.markov_order,
        markov_value=given.markov_value,
        direct_channel=given.direct_channel or DIRECT,
        max_players=given.max_players,
    )
    if given.out:
        _write(found.credit, given.out)
    if given.removal_effects:
        _write(found.removal_effects, given.removal_effects)
    if given.transitions:
        _write(found.transitions, given.transitions)
    _print(found)


def _write(table: pa.Table, file: Path) -> None:
    from pyarrow import csv, parquet

    if file.suffix.lower() in (".parquet", ".pq"):
        parquet.write_table(table, file)
    elif file.suffix.lower() == ".csv":
        csv.write_csv(table, file)
    else:
        raise AttributionError(f"{file}: name a file that ends with .csv or .parquet.")


def _print(found: Attribution) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True, width=max(140, Console().width))
    console.print(_table(found, "conversions"))
    if found.paths.value is not None:
        console.print(_table(found, "value"))
    for note in found.notes:
        console.print(note, markup=False)


def _table(found: Attribution, amount: str) -> Table:
    """Channels in rows, models in columns, and markov's removal effects beside them."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"{amount.capitalize()} by channel", title_justify="left")
    table.add_column("channel")
    models = list(found.owed)
    for model in models:
        table.add_column(model.replace("_", " "), justify="right")
    effects: dict[str, float] = {}
    if found.removal:
        name = "removal_effect" if amount == "conversions" else "value_removal_effect"
        effects = {row["channel"]: row[name] for row in found.removal_effects.to_pylist()}
        table.add_column("removal effect", justify="right")
    rows: dict[tuple[str, bool], dict[str, float]] = {}
    for row in found.credit.to_pylist():
        held = rows.setdefault((row["channel"], row["is_attributed"]), {})
        held[row["attribution_model"]] = row[amount]
    # Channels that the last model owes most come first; what is owed to none, last.
    for (channel, is_attributed), held in sorted(
        rows.items(), key=lambda of: (not of[0][1], -of[1][models[-1]], of[0][0])
    ):
        cells = [f"{held[model]:,.2f}" for model in models]
        if effects:
            cells.append(f"{effects[channel]:.4f}" if is_attributed else "")
        table.add_row(escape(channel), *cells)
    totals = [sum(held[model] for held in rows.values()) for model in models]
    table.add_section()
    table.add_row("all", *[f"{total:,.2f}" for total in totals], *[""] * bool(effects))
    return table


if __name__ == "__main__":
    sys.exit(main())
